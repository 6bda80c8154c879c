/** One value from text, as a JSON Schema says what it is. */
import type { JsonSchema, JsonValue } from "../../config/types.ts";
import { isObject, MAX_DEPTH } from "../../http/json.ts";
import type { Given } from "./names.ts";
import { allowedBy, type Choices, insideOf, type Kind, kindsOf, takesEmptyText } from "./schema.ts";

type Refuse = (field: string, message: string) => void;

const INTEGER = /^[+-]?\d{1,16}$/;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const TRUE = /^(?:true|1|on|yes)$/i;
const FALSE = /^(?:false|0|off|no)$/i;

/**
 * @param root  the schema into which references lead
 * @param choices  what the value may be; none: anything
 * @param at  the field's path, for messages
 * @returns undefined for one that nobody filled in
 */
export function valueOf(
  root: JsonSchema,
  choices: Choices,
  given: Given,
  at: string,
  refuse: Refuse,
): JsonValue | undefined {
  const kinds = kindsOf(choices);
  if (given.members.size > 0) {
    if (given.values.length > 0) refuse(at, "is given as a whole and in parts");
    return partsOf(root, choices, kinds, given, at, refuse);
  }
  const { values } = given;
  if (kinds.has("array")) return listOf(root, choices, kinds, values, at, refuse);
  const [text = "", ...others] = values;
  // Where nothing is said of it, what is given several times is several.
  if ((given.isList || others.length > 0) && kinds.size === 0) return values;
  if (others.length > 0) refuse(at, "is given twice");
  return scalarOf(choices, kinds, text, at, refuse);
}

function partsOf(
  root: JsonSchema,
  choices: Choices,
  kinds: ReadonlySet<Kind>,
  { members }: Given,
  at: string,
  refuse: Refuse,
): JsonValue {
  const names = [...members.keys()];
  if (names.every((name) => /^\d+$/.test(name)) && !kinds.has("object")) {
    const sorted = [...members].sort(([a], [b]) => Number(a) - Number(b));
    const inside = insideOf(root, choices, undefined);
    return sorted.flatMap(([name, member]) => valueOf(root, inside, member, `${at}[${name}]`, refuse) ?? []);
  }
  const parts = [...members].map(([name, member]): [string, JsonValue | undefined] => [
    name,
    valueOf(root, insideOf(root, choices, name), member, `${at}.${name}`, refuse),
  ]);
  return Object.fromEntries(parts.filter((part): part is [string, JsonValue] => part[1] !== undefined));
}

function listOf(
  root: JsonSchema,
  choices: Choices,
  kinds: ReadonlySet<Kind>,
  values: readonly string[],
  at: string,
  refuse: Refuse,
): JsonValue | undefined {
  const [text = "", ...others] = values;
  if (others.length === 0) {
    if (text.trim() === "") return kinds.has("null") ? null : [];
    if (text.trimStart().startsWith("[")) return jsonOf(text, Array.isArray, "a list in JSON", at, refuse);
    const single = [...kinds].filter((kind) => kind !== "array" && kind !== "null");
    if (single.length > 0) return scalarOf(choices, kinds, text, at, refuse);
  }
  const inside = insideOf(root, choices, undefined);
  const insideKinds = kindsOf(inside);
  return values.flatMap((one, index) => scalarOf(inside, insideKinds, one, `${at}[${index}]`, refuse) ?? []);
}

function scalarOf(
  choices: Choices,
  kinds: ReadonlySet<Kind>,
  text: string,
  at: string,
  refuse: Refuse,
): JsonValue | undefined {
  const listed = choices.flatMap(allowedBy).find((value) => !isCompound(value) && String(value) === text);
  if (listed !== undefined) return listed;
  const trimmed = text.trim();
  if (trimmed === "") {
    if (kinds.has("null")) return null;
    return kinds.size === 0 || takesEmptyText(choices) ? text : undefined;
  }
  if (kinds.size === 0) return text;
  const value = numberOf(kinds, trimmed) ?? flagOf(kinds, trimmed);
  // Where a text is allowed as well, `007` is one.
  if (kinds.has("string")) return value !== undefined && String(value) === text ? value : text;
  if (value !== undefined) return value;
  if (kinds.has("object")) return jsonOf(text, isObject, "an object in JSON", at, refuse);
  refuse(at, `must be ${[...new Set([...kinds].flatMap((kind) => EXPECTED[kind] ?? []))].join(" or ")}`);
  return undefined;
}

const EXPECTED: Readonly<Partial<Record<Kind, string>>> = {
  integer: "a whole number",
  number: "a number such as 12.5",
  boolean: "true or false",
  null: "empty",
};

function numberOf(kinds: ReadonlySet<Kind>, text: string): number | undefined {
  if (kinds.has("integer") && INTEGER.test(text) && Number.isSafeInteger(Number(text))) return plain(text);
  if (!kinds.has("number") || !NUMBER.test(text) || !Number.isFinite(Number(text))) return undefined;
  return plain(text);
}

/** JSON has no -0. */
const plain = (text: string): number => Number(text) || 0;

function flagOf(kinds: ReadonlySet<Kind>, text: string): boolean | undefined {
  if (!kinds.has("boolean")) return undefined;
  return TRUE.test(text) ? true : FALSE.test(text) ? false : undefined;
}

function isCompound(value: JsonValue): boolean {
  return typeof value === "object" && value !== null;
}

function jsonOf(
  text: string,
  fits: (value: unknown) => boolean,
  expected: string,
  at: string,
  refuse: Refuse,
): JsonValue | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below.
  }
  if (!fits(value) || !isKept(value, MAX_DEPTH)) {
    refuse(at, `must be ${expected}`);
    return undefined;
  }
  return value as JsonValue;
}

/** What `http/json.ts` asks of a body: Unicode, finite, not too deep, no `__proto__`. */
function isKept(value: unknown, depth: number): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  return Object.entries(value).every(
    ([name, inside]) => name !== "__proto__" && name.isWellFormed() && isKept(inside, depth - 1),
  );
}
