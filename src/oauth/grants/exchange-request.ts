/** What a request for token exchange says, RFC 8693, 2.1, as far as it can be held against nothing but itself. */
import type { AccountRow } from "../collaborators.ts";
import { OAuthError } from "../error.ts";
import { type Form, required } from "../form.ts";

export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";
const USERNAME_TYPE = "urn:koppla:token-type:username";

/** Longer than any username, and than any access token of ours. */
const MAX_SUBJECT = 8_192;

export interface ExchangeRequest {
  /** Who is to be acted for. */
  subject: { kind: "username" | "token"; text: string };
  /** An access token of the client's own, by which it shows that it has logged in. */
  actorToken: string | undefined;
}

/** @throws OAuthError `invalid_request`, `invalid_target`. Never is anything left out taken for the account itself. */
export function readExchange(form: Form, account: AccountRow, issuer: string): ExchangeRequest {
  const type = required(form, "subject_token_type");
  const text = required(form, "subject_token");
  if (text.length > MAX_SUBJECT) throw wrong("the subject token is too long");
  if (type !== USERNAME_TYPE && type !== ACCESS_TOKEN_TYPE) {
    throw wrong("the subject token must be an access token, or a username");
  }
  if ((form.get("requested_token_type") ?? ACCESS_TOKEN_TYPE) !== ACCESS_TOKEN_TYPE) {
    throw wrong("the requested token must be an access token");
  }
  const actorToken = form.get("actor_token");
  const actorType = form.get("actor_token_type");
  // RFC 8693, 2.1: the one with the other, and not alone.
  if (actorToken === undefined ? actorType !== undefined : actorType !== ACCESS_TOKEN_TYPE) {
    throw wrong("the actor token must be an access token");
  }
  for (const name of ["resource", "audience"]) {
    const target = form.get(name);
    if (target !== undefined && target !== issuer && target !== account.tokenAudience) {
      throw new OAuthError("invalid_target", "the account's tokens are not for that server");
    }
  }
  return { subject: { kind: type === USERNAME_TYPE ? "username" : "token", text }, actorToken };
}

function wrong(description: string): OAuthError {
  return new OAuthError("invalid_request", description);
}
