/** What the server says when it does not do something: problem+json (RFC 9457), as an error. */
import { violationText } from "./violations.ts";

export interface Violation {
  field: string;
  message: string;
}

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
    readonly code: string,
    readonly title: string,
    message: string,
    readonly violations: readonly Violation[] = [],
    /** `urn:request:...`: what the server's log has of it. */
    readonly instance = "",
  ) {
    super(message);
  }
}

/** @param value  the body of an answer that is none of 2xx, whatever it is; violations are told in the page's language */
export function apiError(status: number, value: unknown): ApiError {
  const { code, title, detail, violations, instance } = (
    typeof value === "object" && value !== null ? value : {}
  ) as Record<string, unknown>;
  const told = Array.isArray(violations) ? violations.filter(isViolation) : [];
  const [first] = told;
  // The first violation once more, which the list of them says in the page's language.
  const again = first && [
    first.message,
    `${first.field}: ${first.message}`,
    `${first.field} ${first.message}`,
  ];
  return new ApiError(
    status,
    typeof code === "string" ? code : "",
    typeof title === "string" ? title : "",
    typeof detail === "string" && !again?.includes(detail) ? detail : "",
    told.map(({ field, message }) => ({ field, message: violationText(message) })),
    typeof instance === "string" ? instance : "",
  );
}

function isViolation(value: unknown): value is Violation {
  return typeof value === "object" && value !== null && "field" in value && "message" in value;
}
