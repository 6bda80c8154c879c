/** Grants as they come in: JSON, or text on the command line. */
import { invalid, Problem, type Violation } from "../problem.ts";
import { checkGrant } from "./check.ts";
import type { Grant } from "./grant.ts";
import type { GrantVocabulary } from "./vocabulary.ts";

/** An account or role with more is one that nobody understands. */
export const MAX_GRANTS = 50;

/**
 * @param value  as it came: a list of `{resource, actions, where?, fields?}`
 * @param field  where it lies in the input
 * @throws Problem `invalid` with a violation for everything that is wrong
 */
export function parseGrants(value: unknown, vocabulary: GrantVocabulary, field = "grants"): Grant[] {
  if (!Array.isArray(value) || value.length > MAX_GRANTS)
    throw invalid(field, `must be a list of at most ${MAX_GRANTS} grants`);
  const violations: Violation[] = [];
  const grants = value.flatMap((one, index) => {
    const { grant, faults } = checkGrant(one, vocabulary);
    for (const { path, found, expected, hint } of faults)
      violations.push({
        field: `${field}[${index}]${inside(path)}`,
        message: `must be ${expected}, not ${found}${hint}`,
      });
    return grant ? [grant] : [];
  });
  const [first] = violations;
  if (first) throw new Problem("invalid", `${first.field} ${first.message}`, { violations });
  return grants;
}

function inside(path: readonly (string | number)[]): string {
  return path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
}

/**
 * A grant as it is written on the command line: `trainings:read,write`, or JSON where it needs more,
 * `{"resource":"trainings","actions":["read"],"where":{"institute_id":[1]}}`. The last colon of the short form
 * separates, so `action:send-report:run` works. What it means is for {@link parseGrants} to see.
 * @throws Problem `invalid` when it is neither
 */
export function parseGrantText(text: string): unknown {
  if (text.trimStart().startsWith("{")) {
    try {
      return JSON.parse(text);
    } catch {
      throw invalid("grant", `${text} is not JSON`);
    }
  }
  const colon = text.lastIndexOf(":");
  if (colon <= 0) throw invalid("grant", `${text} is not RESOURCE:ACTION[,ACTION]`);
  const actions = text.slice(colon + 1).split(",");
  return { resource: text.slice(0, colon), actions: actions.map((action) => action.trim()) };
}
