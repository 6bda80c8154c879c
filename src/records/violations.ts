/** What a JSON Schema finds wrong, in the words of violations. */
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020";

import type { Violation } from "../problem.ts";

/** More violations than this are not told; the first ones say enough. */
const MAX_VIOLATIONS = 100;

/**
 * @param validate  a compiled schema
 * @param at  goes before each field: `[3]` in a list
 */
export function schemaViolations(validate: ValidateFunction, value: unknown, at = ""): Violation[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).slice(0, MAX_VIOLATIONS).map((error) => violationOf(error, at));
}

/** Ajv's error in the words of a violation; the field as a path (`address.city`, `tags[0]`). */
function violationOf(error: ErrorObject, at: string): Violation {
  const steps = error.instancePath.split("/").slice(1);
  const extra: Record<string, unknown> = error.params;
  const member = extra["missingProperty"] ?? extra["additionalProperty"] ?? extra["unevaluatedProperty"];
  if (typeof member === "string") steps.push(member);
  const path = steps
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
    .join("");
  return { field: `${at}${path}`.replace(/^\./, ""), message: messageOf(error) };
}

function messageOf(error: ErrorObject): string {
  if (error.keyword === "required") return "is missing";
  if (error.keyword === "additionalProperties" || error.keyword === "unevaluatedProperties") {
    return "is not a field of this type";
  }
  if (error.keyword === "enum" && Array.isArray(error.params["allowedValues"])) {
    return `must be one of ${error.params["allowedValues"].map((value) => JSON.stringify(value)).join(", ")}`;
  }
  if (error.keyword === "format" && error.params["format"] === "date-time") {
    return "must be an ISO 8601 time with its offset, such as 2026-11-21T19:05:00.000Z";
  }
  return error.message ?? "is not valid";
}
