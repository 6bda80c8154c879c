/** The error answers: one component for each kind of problem, made from the problems themselves. */
import { Problem, type ProblemCode, type Violation } from "../../problem.ts";
import type { ProblemBody } from "../respond.ts";
import { type Answer, object, ref, type Reference, type Schema } from "./spec.ts";

interface Sample {
  /** When it is answered. */
  when: string;
  /** A detail as it may stand in one. */
  detail: string;
  violations?: Violation[];
  headers?: Answer["headers"];
}

const header = (description: string) => ({ description, schema: { type: "string" } }) as const;

const samples: Record<ProblemCode, Sample> = {
  malformed: { when: "The body is not JSON in UTF-8.", detail: "The body is not JSON: Unexpected EOF." },
  unauthorized: {
    when: "There is no token, or it is not valid.",
    detail: "Send an account's token as Authorization: Bearer TOKEN.",
    headers: { "www-authenticate": header("How to log in, RFC 6750.") },
  },
  totp_required: {
    when: "The password is right, and the person has TOTP: send `totp` with it.",
    detail: "The code of your authenticator app is needed, too.",
    headers: { "www-authenticate": header("How to log in, RFC 6750.") },
  },
  forbidden: {
    when: "The account lacks the grant.",
    detail: "The account has no grant trainings:write.",
  },
  not_found: {
    when: "There is nothing at this path.",
    detail: "There is no training with the id 345345.",
  },
  method_not_allowed: {
    when: "The path does not have this method.",
    detail: "DELETE is not possible here.",
    headers: { allow: header("The methods that it has.") },
  },
  timeout: {
    when: "The body took too long to arrive.",
    detail: "The body did not arrive within 30 seconds.",
  },
  conflict: {
    when: "What is stored stands against it.",
    detail: "There is a training with the id 345345 already.",
  },
  precondition_failed: {
    when: "`If-Match` or `If-None-Match` does not hold.",
    detail: "The record is not in the version that If-Match names.",
  },
  too_large: {
    when: "The body is larger than the server takes.",
    detail: "The body is larger than 32000000 bytes (setting server.limits.body).",
  },
  unsupported_media_type: {
    when: "The body is not sent as JSON.",
    detail: 'The body must be sent as application/json, not as "text/plain".',
    headers: { accept: header("What is taken.") },
  },
  invalid: {
    when: "A parameter or a part of the body does not fit; `violations` says which and why.",
    detail: "name: is missing",
    violations: [{ field: "name", message: "is missing" }],
  },
  too_many_requests: {
    when: "There were more requests than the account or its organisation may send, or too many failed logins.",
    detail: "Too many requests of this account; try again in 42 s.",
    headers: {
      "retry-after": header("Seconds to wait."),
      "ratelimit-policy": header('The limits, where there are some: `"account";q=6000;w=60`.'),
      ratelimit: header('What is left of them: `"account";r=0;t=42`. Other answers have it, too.'),
    },
  },
  internal: {
    when: "A fault of the server; its log has the request's id.",
    detail: "Something went wrong here; the log has the request's id.",
  },
  unavailable: {
    when: "The server is stopping, or its database does not answer.",
    detail: "The database cannot be written at the moment.",
  },
  storage_full: {
    when: "The server's disk is full; nothing was stored.",
    detail: "The database's disk is full; nothing was stored.",
  },
};

const codes = Object.keys(samples) as ProblemCode[];

/** `precondition_failed` is the component `PreconditionFailed`. */
const componentName = (code: ProblemCode) =>
  code.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

export const problemSchemas: Record<string, Schema> = {
  Problem: {
    ...object(
      {
        type: { type: "string", format: "uri-reference" },
        title: { type: "string", description: "The kind of problem, the same for all of its kind." },
        status: { type: "integer", description: "The HTTP status." },
        detail: { type: "string", description: "What is wrong with this request." },
        instance: { type: "string", format: "uri", description: "Names the request in the server's log." },
        code: { type: "string", enum: codes, description: "The kind of problem, for programs." },
        violations: { type: "array", items: ref("Violation") },
      },
      ["violations"],
    ),
    description: "An error, RFC 9457.",
  },
  Violation: {
    ...object({
      field: {
        type: "string",
        description: "Such as `address.city`, `[3].name` or `filter[city]`; empty for the whole.",
      },
      message: { type: "string" },
    }),
    description: "One part of the input that is wrong.",
  },
};

function exampleOf(code: ProblemCode): ProblemBody {
  const { status, title } = new Problem(code, "");
  const { detail, violations } = samples[code];
  return {
    type: "about:blank",
    title,
    status,
    detail,
    instance: "urn:request:5b1f0c7e-2s",
    code,
    ...(violations && { violations }),
  };
}

/** The one error that the HTTP parser answers by itself, before there is a request: without a body. */
const HeadersTooLarge: Answer = { description: "The headers together are larger than 16 KB." };

/** A component of each problem. */
export function problemResponses(): Record<string, Answer> {
  const all = codes.map((code): [string, Answer] => {
    const { when, headers } = samples[code];
    const example = JSON.parse(JSON.stringify(exampleOf(code)));
    return [
      componentName(code),
      {
        description: when,
        ...(headers && { headers }),
        content: { "application/problem+json": { schema: ref("Problem"), example } },
      },
    ];
  });
  return { ...Object.fromEntries(all), HeadersTooLarge };
}

/** The error answers of an operation, by status. */
export function problems(...of: ProblemCode[]): Record<string, Reference> {
  return Object.fromEntries(
    of.map((code) => [String(new Problem(code, "").status), ref(componentName(code), "responses")]),
  );
}

/** What can go wrong with every request. */
export const requestProblems = (): Record<string, Reference> => ({
  ...problems("internal"),
  "431": ref("HeadersTooLarge", "responses"),
});

/** What can go wrong with every login. */
export const loginProblems = () => problems("unauthorized", "too_many_requests", "unavailable");

/** What can go wrong with every body. */
export const bodyProblems = () =>
  problems("malformed", "timeout", "too_large", "unsupported_media_type", "invalid", "storage_full");
