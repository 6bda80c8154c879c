/** The client's id and secret as they come: by HTTP Basic or in the body. */
import { invalidClient, OAuthError } from "./error.ts";
import { decodeFormText, type Form } from "./form.ts";

export interface Credentials {
  clientId: string;
  secret: string;
  /** Whether they came by HTTP Basic: refused, the answer says so. */
  basic: boolean;
}

/**
 * @throws OAuthError `invalid_client` when there are none (RFC 6749, 5.2), `invalid_request` when there are two or
 *   they cannot be read
 */
export function credentialsOf(request: Request, form: Form): Credentials {
  const header = request.headers.get("authorization");
  const clientId = form.get("client_id");
  const secret = form.get("client_secret");
  if (header !== null) {
    if (secret !== undefined) {
      throw new OAuthError("invalid_request", "the client must authenticate in one way only");
    }
    const credentials = basicCredentials(header);
    // The id alone may stand in the body too: some clients always send it there.
    if (clientId !== undefined && clientId !== credentials.clientId) {
      throw new OAuthError("invalid_request", "the body names another client than the header");
    }
    return credentials;
  }
  if (clientId === undefined || secret === undefined) {
    throw new OAuthError("invalid_client", "client authentication is missing");
  }
  return { clientId, secret, basic: false };
}

/** RFC 7617, with id and secret encoded as a form has them (RFC 6749, 2.3.1). */
function basicCredentials(header: string): Credentials {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header) ?? [];
  // Another scheme is a way to authenticate that is not offered.
  if (encoded === undefined && !/^basic\b/i.test(header)) throw invalidClient(true);
  const plain = encoded === undefined ? "" : decoded(encoded);
  const colon = plain.indexOf(":");
  const clientId = colon === -1 ? undefined : decodeFormText(plain.slice(0, colon));
  const secret = colon === -1 ? undefined : decodeFormText(plain.slice(colon + 1));
  if (!clientId || !secret) {
    throw new OAuthError("invalid_request", "the header Authorization cannot be read");
  }
  return { clientId, secret, basic: true };
}

/** Text in base64, its bytes UTF-8; nearly always ASCII, for which `atob` takes half of the time. */
function decoded(base64: string): string {
  const bytes = base64.length % 4 === 0 ? atob(base64) : "";
  return /^[\x20-\x7e]+$/.test(bytes) ? bytes : Buffer.from(base64, "base64").toString("utf8");
}
