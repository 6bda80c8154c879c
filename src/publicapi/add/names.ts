/** Names of form variables that stand for parts of a value: `tags[]`, `address[city]`, `lines[0][price]`. */
import type { TextField } from "./fields.ts";

/** What was given for a field: texts, and what was given for its parts. */
export interface Given {
  values: string[];
  members: Map<string, Given>;
  /** Whether the name says that it is a list: `tags[]`. */
  isList: boolean;
}

type Refuse = (field: string, message: string) => void;

const NAME = /^([^[\]]+)((?:\[[^[\]]*\])*)$/;
const MAX_PARTS = 8;
/** Names that are more than names to JavaScript. */
export const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__"]);

/**
 * @param nameOf  a field's name as it is declared
 * @returns by field, in the order in which they were first given
 */
export function parseNames(
  fields: readonly TextField[],
  nameOf: (given: string) => string,
  refuse: Refuse,
): Map<string, Given> {
  const all = nothing();
  for (const { name, value } of fields) {
    const match = NAME.exec(name);
    const parts = match?.[2] ? match[2].slice(1, -1).split("][") : [];
    if (parts.length > MAX_PARTS) {
      refuse(name.slice(0, 100), `has more than ${MAX_PARTS} parts`);
      continue;
    }
    if (parts.some((part) => FORBIDDEN.has(part))) {
      refuse(name.slice(0, 100), "is not allowed as a field's name");
      continue;
    }
    // What does not look like parts is a name with brackets in it.
    let here = memberOf(all, nameOf(match?.[1] ?? name));
    for (const part of parts) {
      if (part === "") here.isList = true;
      else here = memberOf(here, part);
    }
    here.values.push(value);
  }
  return all.members;
}

function memberOf({ members }: Given, name: string): Given {
  let member = members.get(name);
  if (!member) members.set(name, (member = nothing()));
  return member;
}

const nothing = (): Given => ({ values: [], members: new Map(), isList: false });
