/**
 * Who a request comes from: an API token as `Authorization: Bearer` or in the `apikey` header, an access token as
 * `Authorization: Bearer` or, bound to a key, as `Authorization: DPoP`; and where there is none of them, the console's
 * session cookie.
 */
import { LoginDenied, type Principal } from "../accounts/principal.ts";
import type { AccountService } from "../accounts/service.ts";
import { DPOP_ALGORITHMS } from "../oauth/dpop.ts";
import type { ProofDenied } from "../oauth/access.ts";
import type { OAuthService } from "../oauth/service.ts";
import { Problem } from "../problem.ts";
import type { BrowserLogins } from "../sessions/browser.ts";
import { demandOwn } from "../sessions/organisation.ts";
import type { ClientAddresses } from "./client-address.ts";

export type Authenticate = (request: Request) => Principal | Promise<Principal>;

/** How API tokens begin; all others are the token server's. */
const API_TOKEN = "koppla_";
const AUTHORIZATION = /^(bearer|dpop) +(\S+)$/i;
const REALM = 'Bearer realm="koppla"';

/**
 * @returns a function that gives a request's principal
 * @throws (the function) Problem `unauthorized`; the same answer whatever is wrong with the token
 */
export function authenticator({
  accounts,
  oauth,
  addresses,
  browsers,
}: {
  accounts: Pick<AccountService, "admit">;
  oauth: Pick<OAuthService, "admit">;
  addresses: Pick<ClientAddresses, "of">;
  browsers: Pick<BrowserLogins, "admit">;
}): Authenticate {
  return (request) => {
    const header = request.headers.get("authorization");
    const token = header === null ? request.headers.get("apikey") : null;
    if (header === null && token === null) {
      const visitor = browsers.admit(request);
      if (!visitor) throw nobody("Send an account's token as Authorization: Bearer TOKEN.");
      return visitor.then((principal) => principal ?? refuse());
    }
    const match = header === null ? null : AUTHORIZATION.exec(header);
    const sent = match?.[2] ?? "";
    const isBearer = match?.[1]?.toLowerCase() !== "dpop";
    const admitted =
      token !== null || (isBearer && (sent === "" || sent.startsWith(API_TOKEN)))
        ? accounts.admit(token ?? sent, () => addresses.of(request))
        : oauth.admit(sent, request, isBearer ? "bearer" : "dpop");
    return admitted instanceof Promise
      ? admitted.then((found) => demandOwn(request, known(found)))
      : demandOwn(request, known(admitted));
  };
}

function nobody(detail: string): Problem {
  return new Problem("unauthorized", detail, { headers: { "www-authenticate": REALM } });
}

function refuse(): never {
  throw nobody("There is no session, or it has ended.");
}

function known(admitted: Principal | ProofDenied): Principal {
  if (!("denied" in admitted)) return admitted;
  const challenge =
    admitted.dpop === undefined
      ? `${REALM}, error="invalid_token"`
      : `DPoP error="${admitted.dpop}", algs="${DPOP_ALGORITHMS.join(" ")}"`;
  throw new LoginDenied(admitted.known, admitted.denied, { "www-authenticate": challenge });
}
