/**
 * A receiver's content filter: which records it wants to hear of, by the values of their filter fields. It narrows
 * the view of the receiver's account, so a record that stops matching is told as `destroy`, just as one is that
 * leaves what grants let see.
 */
import type { StoredContentFilter } from "../../db/schema.ts";
import { intersect } from "../grants/algebra.ts";
import { checkGrant } from "../grants/check.ts";
import type { Grant } from "../grants/grant.ts";
import { FIXED_RESOURCES } from "../grants/resources.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import { isObject } from "../http/json.ts";
import { invalid, Problem } from "../problem.ts";

/**
 * @param types  those that the receiver's topics are of; one of them must have all the fields as filters
 * @throws Problem `invalid` with what keeps the filter from ever holding
 */
export function checkFilter(
  value: unknown,
  vocabulary: GrantVocabulary,
  types: readonly string[],
  field = "content_filter",
): StoredContentFilter {
  if (!isObject(value)) throw invalid(field, "must be an object of filter fields and lists of values");
  if (Object.keys(value).length === 0) return {};
  let best: Problem | undefined;
  for (const resource of types) {
    // A filter has the form of a grant's `where`, and its rules.
    const { grant, faults } = checkGrant({ resource, actions: ["read"], where: value }, vocabulary);
    if (grant) return grant.where ?? {};
    const violations = faults.map(({ path, found, expected, hint }) => ({
      field: field + inside(path.slice(1)),
      message: `must be ${expected}, not ${found}${hint}`,
    }));
    if (best && best.violations.length <= violations.length) continue;
    const [first] = violations;
    best = new Problem("invalid", `${first?.field}: ${first?.message}`, { violations });
  }
  throw best ?? invalid(field, "needs a topic of a type: only records have fields");
}

function inside(path: readonly (string | number)[]): string {
  return path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
}

/**
 * The grants by which a receiver is told: those of its account, narrowed to the records that its filter lets pass. Of a
 * type that has not all the filter's fields, none does. What is no record of a type is not filtered.
 */
export function narrowed(
  grants: readonly Grant[],
  filter: StoredContentFilter,
  types: readonly { readonly name: string; readonly filters: readonly string[] }[],
): readonly Grant[] {
  const fields = Object.keys(filter);
  if (fields.length === 0) return grants;
  const passing = types.filter(({ filters }) => fields.every((field) => filters.includes(field)));
  return intersect(grants, [
    ...passing.map(({ name }) => ({ resource: name, actions: ["read"], where: filter })),
    ...FIXED_RESOURCES.map((resource) => ({ resource, actions: ["read"] })),
  ]);
}
