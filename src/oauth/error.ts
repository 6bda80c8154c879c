/** What clients of the token server are told when something is wrong: RFC 6749, 5.2, not a problem of RFC 9457. */

const statuses = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  invalid_scope: 400,
  invalid_target: 400,
  invalid_dpop_proof: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  temporarily_unavailable: 503,
  server_error: 500,
} as const;

export type OAuthErrorCode = keyof typeof statuses;

export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param code  of RFC 6749 or the extension that has it; it decides the status, where none is given
   * @param description  for the client's developer; it must tell nothing that the code does not
   */
  constructor(
    readonly code: OAuthErrorCode,
    description: string,
    more: { status?: number; headers?: Record<string, string> } = {},
  ) {
    super(description);
    this.status = more.status ?? statuses[code];
    this.headers = more.headers ?? {};
  }
}

/**
 * The one answer to a client that is not let in: a wrong id or secret, an account that is disabled or has expired, a
 * wrong address, a wrong or used code. Whoever guesses must not learn which.
 * @param retryAfter  seconds after which another code can be had
 */
export function invalidClient(basic: boolean, retryAfter?: number): OAuthError {
  return refused(basic, "client authentication failed", retryAfter);
}

/** Told only to who knew the secret. */
export function totpRequired(basic: boolean): OAuthError {
  return refused(basic, "totp required");
}

function refused(basic: boolean, description: string, retryAfter?: number): OAuthError {
  return new OAuthError("invalid_client", description, {
    headers: {
      // RFC 6749, 5.2: the scheme that the client used.
      ...(basic && { "www-authenticate": 'Basic realm="koppla", charset="UTF-8"' }),
      ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
    },
  });
}
