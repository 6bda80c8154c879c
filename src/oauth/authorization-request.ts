/**
 * What a client asks of a person at the authorize page, RFC 6749, 4.1.1, with RFC 7636, 9207, 9449 and the advice of
 * RFC 9700. Until client and redirect URI are known to belong together nobody is sent anywhere: what is wrong is then
 * shown as a page.
 */
import type { AccountRow } from "../accounts/account.ts";
import { OAuthError } from "./error.ts";
import { isChallenge } from "./pkce.ts";
import { chooseScope } from "./scope.ts";

export interface AuthorizationRequest {
  /** The client. */
  account: AccountRow;
  redirectUri: string;
  /** What is asked for, all of which the account has; the person may have less, or give less. */
  scope: string;
  /** Goes back with the answer, untouched. */
  state: string | undefined;
  /** PKCE, S256. */
  challenge: string;
  /** Thumbprint of the key that the token will be bound to. */
  dpopJkt: string | null;
}

/** Why a request is answered with a page. */
export type Untrusted = "client" | "redirect_uri" | "malformed";

export type AuthorizationOutcome =
  | { kind: "ask"; request: AuthorizationRequest }
  /** The client is told what is wrong: a redirect to an address of its own. */
  | { kind: "redirect"; location: string }
  /** Nobody is known who could be told: a page with status 400, and no link to anywhere. */
  | { kind: "page"; reason: Untrusted };

/** Error codes of RFC 6749, 4.1.2.1; the last two are of OpenID Connect Core, 3.1.2.6. */
export type AuthorizationErrorCode =
  | "invalid_request"
  | "unauthorized_client"
  | "access_denied"
  | "unsupported_response_type"
  | "invalid_scope"
  | "server_error"
  | "temporarily_unavailable"
  | "request_not_supported"
  | "request_uri_not_supported"
  | "login_required"
  | "consent_required";

/** RFC 7638 with SHA-256, in base64url. */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;
const MAX_STATE = 4_096;

/**
 * @param parameters  of the query, or of the form
 * @param find  gives the account of a client id, undefined where it may not be used now
 */
export async function checkAuthorizationRequest(
  parameters: URLSearchParams,
  issuer: string,
  find: (clientId: string) => Promise<AccountRow | undefined>,
): Promise<AuthorizationOutcome> {
  const value = (name: string) => {
    const values = parameters.getAll(name);
    return values.length === 1 && values[0] !== "" ? values[0] : undefined;
  };
  // Given twice, one of them may be for us and the other for whoever looks after us.
  const doubled = (...names: string[]) => names.some((name) => parameters.getAll(name).length > 1);

  if (doubled("client_id", "redirect_uri")) return { kind: "page", reason: "malformed" };
  const clientId = value("client_id");
  const account = clientId === undefined ? undefined : await find(clientId);
  if (!account) return { kind: "page", reason: "client" };
  const redirectUri = value("redirect_uri");
  // Character by character: RFC 9700, 4.1.3.
  if (redirectUri === undefined || !account.redirectUris.includes(redirectUri)) {
    return { kind: "page", reason: "redirect_uri" };
  }

  const state = value("state");
  const wrong = (error: AuthorizationErrorCode, description: string): AuthorizationOutcome => ({
    kind: "redirect",
    location: errorLocation({ redirectUri, state }, issuer, error, description),
  });
  if (doubled(...parameters.keys())) return wrong("invalid_request", "a parameter is given twice");
  if (value("request") !== undefined) return wrong("request_not_supported", "request is not supported");
  if (value("request_uri") !== undefined) {
    return wrong("request_uri_not_supported", "request_uri is not supported");
  }
  const type = value("response_type");
  if (type === undefined) return wrong("invalid_request", "response_type is missing");
  if (type !== "code") return wrong("unsupported_response_type", "response_type must be code");
  if ((value("response_mode") ?? "query") !== "query") {
    return wrong("invalid_request", "response_mode must be query");
  }
  if (state !== undefined && state.length > MAX_STATE) return wrong("invalid_request", "state is too long");
  const challenge = value("code_challenge");
  // Left out, the method would be `plain` (RFC 7636, 4.3).
  if (challenge === undefined || value("code_challenge_method") !== "S256") {
    return wrong("invalid_request", "PKCE with code_challenge_method=S256 is required");
  }
  if (!isChallenge(challenge)) return wrong("invalid_request", "code_challenge is no SHA-256 in base64url");
  const dpopJkt = value("dpop_jkt") ?? null;
  if (dpopJkt !== null && !THUMBPRINT.test(dpopJkt)) {
    return wrong("invalid_request", "dpop_jkt is no SHA-256 in base64url");
  }
  const scope = chooseScope(value("scope"), account.grants);
  if (scope instanceof OAuthError) return wrong("invalid_scope", scope.message);
  return { kind: "ask", request: { account, redirectUri, scope, state, challenge, dpopJkt } };
}

type Return = Pick<AuthorizationRequest, "redirectUri" | "state">;

/** Where a person is sent with a code. RFC 6749, 4.1.2; `iss` is of RFC 9207. */
export function codeLocation(to: Return, issuer: string, code: string): string {
  return location(to, issuer, { code });
}

/** Where a person is sent who refused, or to whom something happened. RFC 6749, 4.1.2.1. */
export function errorLocation(
  to: Return,
  issuer: string,
  error: AuthorizationErrorCode,
  description: string,
): string {
  return location(to, issuer, { error, error_description: description });
}

function location({ redirectUri, state }: Return, iss: string, answer: Record<string, string>): string {
  const query = new URLSearchParams({ ...answer, ...(state !== undefined && { state }), iss });
  // What the registered URI has of a query stays as it is.
  return `${redirectUri}${redirectUri.includes("?") ? "&" : "?"}${query}`;
}
