/** Working on sets of grants: what two of them both allow, and whether one allows no more than another. */
import { type Grant, permits, speaksOf } from "./grant.ts";
import { actionsOf, type GrantAction, isDelegable, isManagement, MANAGEMENT } from "./resources.ts";

type Where = NonNullable<Grant["where"]>;

/** Where no field is left: the id is always seen. */
export const ONLY_ID = ["id"];

/**
 * What both `a` and `b` allow: of the records those that are in both, of the fields those that both have.
 * @param options.management  `false` drops what nobody may do in another's name, also where `*` stood for it
 */
export function intersect(
  a: readonly Grant[],
  b: readonly Grant[],
  options: { management?: boolean } = {},
): Grant[] {
  const others = b.flatMap(explicit);
  const both = a.flatMap(explicit).flatMap((one) => others.flatMap((other) => common(one, other)));
  return compact(options.management === false ? withoutManagement(both) : both);
}

/** Without what nobody may do in another's name; `*` goes on to cover the rest, and only that. */
export function withoutManagement(grants: readonly Grant[]): Grant[] {
  return grants
    .filter(({ resource }) => isDelegable(resource))
    .map((grant) => (grant.resource === "*" ? { ...grant, delegated: true } : grant));
}

/**
 * What `granted` allows beyond `own`, as `resource:action`; undefined when it is nothing. Nobody may hand out more
 * than he has. A grant must lie within a single one of `own`, so that the answer does not depend on the data.
 */
export function exceeding(granted: readonly Grant[], own: readonly Grant[]): string | undefined {
  const mine = own.flatMap(explicit);
  for (const grant of granted) {
    for (const action of grant.actions) {
      if (!mine.some((other) => covers(other, grant, action))) return `${grant.resource}:${action}`;
    }
  }
  return undefined;
}

function covers(own: Grant, grant: Grant, action: string): boolean {
  const { resource } = grant;
  if (!speaksOf(own, resource) || (own.delegated && resource === "*" && !grant.delegated)) return false;
  const wanted = action === "*" ? actionsOf(resource) : [action as GrantAction];
  const actions = own.actions.includes("*") || wanted.every((one) => permits(own, resource, one));
  return actions && isWithin(grant.where, own.where) && hasFieldsWithin(grant, own);
}

function isWithin(inner: Where | undefined, outer: Where = {}): boolean {
  return Object.entries(outer).every(([field, values]) => {
    const wanted = inner?.[field];
    return wanted !== undefined && wanted.every((value) => values.includes(value));
  });
}

function hasFieldsWithin({ fields: inner = "all", publicOnly }: Grant, own: Grant): boolean {
  const { fields: outer = "all" } = own;
  if (own.publicOnly && !publicOnly && inner !== "public") return false;
  if (outer === "all") return true;
  if (outer === "public") return inner === "public" || publicOnly === true;
  return Array.isArray(inner) && inner.every((field) => outer.includes(field));
}

/** A grant with what it covers without saying so: `manage` of management is `read` and `write`, too. */
function explicit(grant: Grant): Grant[] {
  if (!grant.actions.includes("manage") || grant.actions.includes("*")) return [grant];
  if (isManagement(grant.resource)) {
    const { resource } = grant;
    const covered = actionsOf(resource).filter((action) => permits(grant, resource, action));
    return [{ ...grant, actions: [...new Set([...grant.actions, ...covered])] }];
  }
  if (grant.resource !== "*") return [grant];
  const named = MANAGEMENT.filter((resource) => speaksOf(grant, resource));
  return [grant, ...named.flatMap((resource) => explicit({ resource, actions: ["manage"] }))];
}

/** What two grants both allow: one grant or none. */
function common(a: Grant, b: Grant): Grant[] {
  const resource = a.resource === "*" ? b.resource : a.resource;
  if (!speaksOf(a, resource) || !speaksOf(b, resource)) return [];
  const actions = commonActions(a.actions, b.actions).filter((action) => fits(resource, action));
  const where = commonWhere(a.where, b.where);
  if (actions.length === 0 || where === "nothing") return [];
  return [
    {
      resource,
      actions,
      ...(where !== undefined && { where }),
      ...commonFields(a, b),
      ...(resource === "*" && (a.delegated || b.delegated) && { delegated: true }),
    },
  ];
}

function fits(resource: string, action: string): boolean {
  return action === "*" || (actionsOf(resource) as readonly string[]).includes(action);
}

function commonActions(a: readonly string[], b: readonly string[]): string[] {
  if (a.includes("*")) return [...b];
  return b.includes("*") ? [...a] : a.filter((action) => b.includes(action));
}

function commonWhere(a: Where | undefined, b: Where | undefined): Where | undefined | "nothing" {
  if (!a || !b) return a ?? b;
  const both: Where = { ...a };
  for (const [field, values] of Object.entries(b)) {
    const other = Object.hasOwn(a, field) ? a[field] : undefined;
    const left = other ? values.filter((value) => other.includes(value)) : values;
    if (left.length === 0) return "nothing";
    both[field] = left;
  }
  return both;
}

function commonFields(a: Grant, b: Grant): Pick<Grant, "fields" | "publicOnly"> {
  const { fields: one = "all" } = a;
  const { fields: other = "all" } = b;
  const onlyPublic = a.publicOnly || b.publicOnly;
  const marked = (
    fields: Grant["fields"],
    publicOnly = onlyPublic,
  ): Pick<Grant, "fields" | "publicOnly"> => ({
    ...(fields !== undefined && { fields }),
    ...(publicOnly && { publicOnly }),
  });
  if (one === "all") return marked(b.fields);
  if (other === "all") return marked(one);
  if (one === "public") return other === "public" ? marked("public") : marked(other, true);
  if (other === "public") return marked(one, true);
  const left = one.filter((field) => other.includes(field));
  return marked(left.length > 0 ? left : ONLY_ID);
}

/** Grants that differ by their actions only are one, so that crossing many does not grow without need. */
function compact(grants: readonly Grant[]): Grant[] {
  const found = new Map<string, Grant>();
  for (const grant of grants) {
    const { actions, ...rest } = grant;
    const name = JSON.stringify([rest.resource, rest.where, rest.fields, rest.publicOnly, rest.delegated]);
    const known = found.get(name);
    found.set(name, known ? { ...known, actions: [...new Set([...known.actions, ...actions])] } : grant);
  }
  return [...found.values()];
}
