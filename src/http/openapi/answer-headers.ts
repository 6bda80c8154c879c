/** Headers that answers of one kind have, whichever operation gives them. */
import { type Answer, type Operation, ref, type Reference } from "./spec.ts";

const CURSOR = ref("Cursor", "parameters").$ref;

/** Completes an operation: each 202 says where to look and when, each page where the next one is. */
export function completeHeaders({ operationId, parameters = [], responses }: Operation): void {
  const isPaged = parameters.some((one) => "$ref" in one && one.$ref === CURSOR);
  add(responses["202"], {
    location: ref("Location", "headers"),
    "retry-after": ref("RetryAfter", "headers"),
  });
  if (isPaged || operationId === "getChanges") add(responses["200"], { link: ref("Link", "headers") });
}

function add(answer: Answer | Reference | undefined, headers: NonNullable<Answer["headers"]>): void {
  if (answer && !("$ref" in answer)) answer.headers = { ...answer.headers, ...headers };
}
