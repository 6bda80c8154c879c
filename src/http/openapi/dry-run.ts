/** The header of dry runs, on every operation that can be tried out (`http/dry-run.ts`). */
import { type Operation, type Parameter, type PathItem, ref } from "./spec.ts";

const NAME = "DryRun";
const CHANGES = new Set(["post", "put", "patch", "delete"]);
const LOGINS = /^\/api\/v1\/(?:session|setup)(?:\/|$)/;

/**
 * Says it of every operation that changes something.
 * @param header  its name as the YAML has it; undefined: there are no dry runs
 * @returns the component that the operations refer to
 */
export function describeDryRuns(
  paths: Readonly<Record<string, PathItem>>,
  header: string | undefined,
): Record<string, Parameter> {
  if (header === undefined) return {};
  for (const [path, item] of Object.entries(paths)) {
    if (!/^\/(api|webmessages)(\/|$)/.test(path) || LOGINS.test(path)) continue;
    for (const [method, operation] of Object.entries(item)) if (CHANGES.has(method)) describe(operation);
  }
  return {
    [NAME]: {
      name: header,
      in: "header",
      description:
        "`true`: the request is checked and answered as if done, and nothing is stored, sent, mailed or started. The " +
        "same header stands in the answer.",
      schema: { type: "string", enum: ["true", "false"], default: "false" },
    },
  };
}

function describe(operation: Operation): void {
  operation.parameters = [...(operation.parameters ?? []), ref(NAME, "parameters")];
}
