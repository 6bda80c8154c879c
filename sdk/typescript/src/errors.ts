/** What can go wrong. All of it is a {@link KopplaError}. */
import type { Schemas } from "./api.ts";

export type Violation = Schemas["Violation"];

/** Whatever this package throws of its own. */
export class KopplaError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The server could not be reached, or broke the connection off, at every try. */
export class Unreachable extends KopplaError {}

/** A webhook that was not sent by the server, or not just now. */
export class InvalidWebhook extends KopplaError {}

/** A request was to be rehearsed, and the server did not say that it was: it may have been carried out. */
export class DryRunIgnored extends KopplaError {}

/** An operation had not ended when the time to wait was over. It goes on. */
export class StillRunning extends KopplaError {}

/** An operation ended as ERROR. */
export class OperationFailed extends KopplaError {
  constructor(readonly operation: Schemas["Operation"]) {
    super(operation.message);
  }
}

/** No access token was given. */
export class LoginError extends KopplaError {
  /**
   * @param error  a code of RFC 6749, such as `invalid_client`
   * @param retryAfter  milliseconds after which another try makes sense
   */
  constructor(
    readonly error: string,
    description: string,
    readonly status = 0,
    readonly retryAfter?: number,
  ) {
    super(description === "" ? error : `${error}: ${description}`);
  }
}

/** The server's answer is a problem (RFC 9457). */
export class ApiError extends KopplaError {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** The kind of problem, for programs, such as `not_found`; empty where something else than Koppla answered. */
  readonly code: string;
  /** What of the input is wrong. */
  readonly violations: readonly Violation[];
  /** By which the server's log can be searched. */
  readonly requestId: string | undefined;
  /** Milliseconds after which another try makes sense. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    problem: Partial<Schemas["Problem"]>,
    more: { requestId?: string | undefined; retryAfter?: number | undefined } = {},
  ) {
    const { title = "The server answered with an error", detail = "", code = "" } = problem;
    super(`${status} ${title}${detail === "" ? "" : `: ${detail}`}`);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.code = code;
    this.violations = problem.violations ?? [];
    this.requestId = more.requestId;
    this.retryAfter = more.retryAfter;
  }
}

/** 401: the token is not (or no longer) good. */
export class Unauthorized extends ApiError {}
/** 403: the account lacks a grant. */
export class Forbidden extends ApiError {}
/** 404. */
export class NotFound extends ApiError {}
/** 409: what is stored stands against it. */
export class Conflict extends ApiError {}
/** 412: somebody else has changed it meanwhile. */
export class PreconditionFailed extends ApiError {}
/** 422: `violations` says what of the input is wrong. */
export class Invalid extends ApiError {}
/** 429, at every try. */
export class TooManyRequests extends ApiError {}
/** 502, 503, 504: the server is away for the moment, at every try. */
export class Unavailable extends ApiError {}

const kinds = new Map<number, typeof ApiError>([
  [401, Unauthorized],
  [403, Forbidden],
  [404, NotFound],
  [409, Conflict],
  [412, PreconditionFailed],
  [422, Invalid],
  [429, TooManyRequests],
  [502, Unavailable],
  [503, Unavailable],
  [504, Unavailable],
]);

/** The error for an answer that is one. */
export function apiError(
  status: number,
  body: string,
  more: { requestId: string | undefined; retryAfter: number | undefined },
): ApiError {
  const Kind = kinds.get(status) ?? ApiError;
  return new Kind(status, asObject(body), more);
}

/** The object that a text is in JSON; an empty one where it is none. */
export function asObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
