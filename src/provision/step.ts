/** What holding koppla.yaml against the database comes to: told in the log, and by `koppla check --diff`. */

export type StepKind = "organisation" | "account" | "user" | "impersonation_policy" | "receiver";

export interface Change {
  /** In the words of the YAML. */
  field: string;
  /** As it is and as it is to be; of secrets neither. */
  from?: unknown;
  to?: unknown;
}

export interface Step {
  kind: StepKind;
  /** Such as `demo/ERP`. */
  name: string;
  /** `keep`: it was there, and belongs to koppla.yaml from now on. */
  action: "create" | "keep" | "change" | "disable";
  changes: Change[];
}

/** What is to change of `now` for it to be as `wanted` is, field by field. */
export function differences(now: Record<string, unknown>, wanted: Record<string, unknown>): Change[] {
  return Object.entries(wanted)
    .filter(([field, to]) => !Bun.deepEquals(now[field], to))
    .map(([field, to]) => ({ field, from: now[field], to }));
}

/** A line for people: `change account demo/ERP: description "" -> "Course data"`. */
export function describeStep({ kind, name, action, changes }: Step): string {
  // Of what is new, what it has.
  const shown = action === "create" ? changes.filter(({ to }) => !isEmpty(to)) : changes;
  const told = shown.map(({ field, from, to }) =>
    to === undefined ? field : `${field} ${from === undefined ? "" : `${said(from)} -> `}${said(to)}`,
  );
  return `${action} ${kind.replace("_", " ")} ${name}${told.length === 0 ? "" : `: ${told.join(", ")}`}`;
}

function said(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}

function isEmpty(value: unknown): boolean {
  return value === null || value === "" || Bun.deepEquals(value, []) || Bun.deepEquals(value, {});
}
