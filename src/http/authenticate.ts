/** Who a request comes from: `Authorization: Bearer` or the `apikey` header. */
import { LoginDenied, type Principal } from "../accounts/principal.ts";
import type { AccountService, Denied } from "../accounts/service.ts";
import { Problem } from "../problem.ts";
import type { ClientAddresses } from "./client-address.ts";

export type Authenticate = (request: Request) => Principal | Promise<Principal>;

const REALM = 'Bearer realm="koppla"';

/**
 * @param accounts  whose API tokens are a way in
 * @param addresses  where a request comes from
 * @returns a function that gives a request's principal
 * @throws (the function) Problem `unauthorized`; the same answer whatever is wrong with the token
 */
export function authenticator(
  accounts: Pick<AccountService, "admit">,
  addresses: Pick<ClientAddresses, "of">,
): Authenticate {
  return (request) => {
    const header = request.headers.get("authorization");
    const token = header === null ? request.headers.get("apikey") : bearer(header);
    if (token === null) {
      throw new Problem("unauthorized", "Send an account's token as Authorization: Bearer TOKEN.", {
        headers: { "www-authenticate": REALM },
      });
    }
    const admitted = accounts.admit(token, () => addresses.of(request));
    return admitted instanceof Promise ? admitted.then(known) : known(admitted);
  };
}

function known(admitted: Principal | Denied): Principal {
  if (!("denied" in admitted)) return admitted;
  const headers = { "www-authenticate": `${REALM}, error="invalid_token"` };
  throw new LoginDenied(admitted.known, admitted.denied, headers);
}

function bearer(header: string): string {
  return /^bearer +(\S+)$/i.exec(header)?.[1] ?? "";
}
