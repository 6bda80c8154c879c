/** Who a request comes from: `Authorization: Bearer` or the `apikey` header. */
import type { AccountService } from "../accounts/service.ts";
import { LoginDenied, type Principal } from "../accounts/principal.ts";
import { Problem } from "../problem.ts";

export type Authenticate = (request: Request) => Principal | Promise<Principal>;

const REALM = 'Bearer realm="koppla"';

/**
 * @returns a function that gives a request's principal
 * @throws (the function) Problem `unauthorized`; the same answer whatever is wrong with the token
 */
export function authenticator(accounts: AccountService): Authenticate {
  return (request) => {
    const header = request.headers.get("authorization");
    const token = header === null ? request.headers.get("apikey") : bearer(header);
    if (token === null) {
      throw new Problem("unauthorized", "Send an account's token as Authorization: Bearer TOKEN.", {
        headers: { "www-authenticate": REALM },
      });
    }
    const principal = accounts.authenticate(token);
    return principal instanceof Promise ? principal.then(known) : known(principal);
  };
}

function known(principal: Principal | undefined): Principal {
  if (principal) return principal;
  const headers = { "www-authenticate": `${REALM}, error="invalid_token"` };
  throw new LoginDenied(undefined, "unknown token", headers);
}

function bearer(header: string): string {
  return /^bearer +(\S+)$/i.exec(header)?.[1] ?? "";
}
