/**
 * What grants come to, for one type and one action: which records, and which of their fields. The one place where a
 * record is held against grants; `records/condition.ts` makes the same of the same {@link View} in SQL.
 */
import { encodeValue } from "../records/key.ts";
import { type Grant, type GrantAction, permits, speaksOf } from "./grant.ts";

/** `all`, or the names of those that are seen. `id` and `_meta` are, always. */
export type Fields = "all" | ReadonlySet<string>;

/** Values that a field may have, in the form of the filter index. */
export interface Condition {
  field: string;
  values: ReadonlySet<string>;
}

/** One way to be in view: all of its conditions hold. */
export interface Alternative {
  where: readonly Condition[];
  fields: Fields;
}

export interface View {
  /** At least one. */
  alternatives: readonly Alternative[];
  /** Every record is in view. */
  everyRecord: boolean;
  /** Every record with every field: nothing needs to be looked at. */
  unlimited: boolean;
  /** What is seen of at least one record. */
  fields: Fields;
}

export interface Decision {
  allowed: boolean;
  /** Of an allowed record. */
  fields: Fields;
}

/** What of a type a view depends on. */
export interface ViewedType {
  readonly name: string;
  readonly filters: readonly string[];
  readonly public: readonly string[];
}

/**
 * More ways to be in view than this cannot be asked of a database (SQLite takes expressions 1000 deep). Those beyond
 * are left out, so that less is seen, never more. Only crossing two large sets of grants makes so many.
 */
const MAX_ALTERNATIVES = 200;

/** What those see whose grants limit nothing. */
export const EVERYTHING: View = {
  alternatives: [{ where: [], fields: "all" }],
  everyRecord: true,
  unlimited: true,
  fields: "all",
};
const NOTHING: Decision = { allowed: false, fields: new Set() };
const ALL: Decision = { allowed: true, fields: "all" };

/** Views by the grants that they were made of, which are the same object for as long as a token is kept in mind. */
const made = new WeakMap<readonly Grant[], Map<ViewedType, Map<GrantAction, View | undefined>>>();

/** @returns undefined where the grants allow the action on no record of the type */
export function viewOf(grants: readonly Grant[], type: ViewedType, action: GrantAction): View | undefined {
  let limited = false;
  for (const grant of grants) {
    if (!speaksOf(grant, type.name) || !permits(grant, type.name, action)) continue;
    if (isWhole(grant)) return EVERYTHING;
    limited = true;
  }
  return limited ? limitedView(grants, type, action) : undefined;
}

function isWhole({ where, fields, publicOnly }: Grant): boolean {
  return where === undefined && (fields === undefined || fields === "all") && publicOnly === undefined;
}

function limitedView(grants: readonly Grant[], type: ViewedType, action: GrantAction): View | undefined {
  let types = made.get(grants);
  if (!types) made.set(grants, (types = new Map()));
  let actions = types.get(type);
  if (!actions) types.set(type, (actions = new Map()));
  if (!actions.has(action)) actions.set(action, compile(grants, type, action));
  return actions.get(action);
}

function compile(grants: readonly Grant[], type: ViewedType, action: GrantAction): View | undefined {
  const alternatives = grants
    .filter((grant) => speaksOf(grant, type.name) && permits(grant, type.name, action))
    // A field that is not declared any more has no index, and nobody keeps it true: nothing is seen by it.
    .filter(({ where = {} }) => Object.keys(where).every((field) => type.filters.includes(field)))
    .slice(0, MAX_ALTERNATIVES)
    .map((grant) => ({
      where: Object.entries(grant.where ?? {}).map(([field, values]) => ({
        field,
        values: new Set(values.map(encodeValue)),
      })),
      fields: fieldsOf(grant, type),
    }));
  if (alternatives.length === 0) return undefined;
  return {
    alternatives,
    everyRecord: alternatives.some(({ where }) => where.length === 0),
    unlimited: false,
    fields: union(alternatives),
  };
}

function fieldsOf({ fields = "all", publicOnly }: Grant, type: ViewedType): Fields {
  if (fields === "public" || (fields === "all" && publicOnly)) return new Set(type.public);
  if (fields === "all") return "all";
  return new Set(publicOnly ? fields.filter((field) => type.public.includes(field)) : fields);
}

function union(alternatives: readonly Alternative[]): Fields {
  const [first, ...others] = alternatives;
  if (first && others.length === 0) return first.fields;
  const fields = new Set<string>();
  for (const alternative of alternatives) {
    if (alternative.fields === "all") return "all";
    for (const field of alternative.fields) fields.add(field);
  }
  return fields;
}

/** Whether a record with these data may be touched, and which of its fields. */
export function decide(
  grants: readonly Grant[],
  type: ViewedType,
  action: GrantAction,
  data: Readonly<Record<string, unknown>>,
): Decision {
  return decideBy(viewOf(grants, type, action), data);
}

/** As {@link decide}, for a view that is at hand. */
export function decideBy(view: View | undefined, data: Readonly<Record<string, unknown>>): Decision {
  if (!view) return NOTHING;
  if (view.unlimited) return ALL;
  return decideWhere(view, (condition) => holds(condition, data));
}

export function holds({ field, values }: Condition, data: Readonly<Record<string, unknown>>): boolean {
  return values.has(encodeValue(data[field]));
}

/** As {@link decideBy}, where `holds` knows of each condition whether it does. */
export function decideWhere(view: View, holds: (condition: Condition) => boolean): Decision {
  const those = view.alternatives.filter(({ where }) => where.every(holds));
  return those.length === 0 ? NOTHING : { allowed: true, fields: union(those) };
}

export function shows(fields: Fields, field: string): boolean {
  return fields === "all" || field === "id" || fields.has(field);
}

/** The grants of those who have not logged in: the public fields of the types that have some. */
export function publicGrants(types: Iterable<ViewedType>): Grant[] {
  return [...types]
    .filter((type) => type.public.length > 0)
    .map(({ name }) => ({ resource: name, actions: ["read"], fields: "public" }));
}
