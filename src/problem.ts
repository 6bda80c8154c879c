/**
 * The one error type. Everything that a caller is to be told is thrown as a {@link Problem};
 * `http/errors.ts` turns it into RFC 9457 `application/problem+json`, the command line into a line and an exit code.
 * Anything else that is thrown is a fault of ours: it is logged and answered as 500 without its message.
 */

/** One part of the input that is wrong. `field` is a path such as `address.city` or `[3].name`; "" is the whole. */
export interface Violation {
  field: string;
  message: string;
}

const kinds = {
  malformed: [400, "Malformed request"],
  unauthorized: [401, "Authentication required"],
  totp_required: [401, "One-time code required"],
  forbidden: [403, "Not allowed"],
  not_found: [404, "Not found"],
  method_not_allowed: [405, "Method not allowed"],
  timeout: [408, "Request timeout"],
  conflict: [409, "Conflict"],
  precondition_failed: [412, "Precondition failed"],
  too_large: [413, "Content too large"],
  unsupported_media_type: [415, "Unsupported media type"],
  invalid: [422, "Invalid input"],
  too_many_requests: [429, "Too many requests"],
  internal: [500, "Internal error"],
  unavailable: [503, "Service unavailable"],
  storage_full: [507, "Storage full"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof kinds;

export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly title: string;
  readonly violations: readonly Violation[];
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param code  what kind of problem; it decides the HTTP status and title
   * @param detail  one sentence for the caller; it must not contain secrets or internal messages
   */
  constructor(
    readonly code: ProblemCode,
    detail: string,
    more: { violations?: readonly Violation[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
    [this.status, this.title] = kinds[code];
    this.violations = more.violations ?? [];
    this.headers = more.headers ?? {};
  }
}

/** Input of which one field is wrong: 422 with one violation. */
export function invalid(field: string, message: string): Problem {
  return new Problem("invalid", field === "" ? message : `${field}: ${message}`, {
    violations: [{ field, message }],
  });
}
