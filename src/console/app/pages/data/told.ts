/** What a delivery told of one record, whatever its format, and how two states of a record differ. Pure functions. */

export type State = Readonly<Record<string, unknown>>;

/** What one change of a delivery says. */
export interface Telling {
  /** `update`, `destroy` or `import`. */
  action: string;
  /** Its number in the feed, where the format has it. */
  sequence: number | undefined;
  /** The record as it was sent; undefined where only its id and URL were. */
  state: State | undefined;
  /** The part of the body that is about the record. */
  part: unknown;
}

/** @param body  of a delivery: `src/deliveries/body.ts` makes them @param object  the type's name in the singular */
export function tellingsOf(body: string, object: string, id: string | number): Telling[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return [];
  }
  return partsOf(value)
    .filter(
      ({ about }) => about["object"] === object && String(about["object_id"] ?? about["id"]) === String(id),
    )
    .map(({ part, about, topic }) => ({
      action: textOf(about["action"]) ?? actionOf(topic),
      sequence: typeof about["sequence"] === "number" ? about["sequence"] : undefined,
      state: isObject(about["data"]) ? about["data"] : undefined,
      part,
    }));
}

interface Part {
  part: unknown;
  /** Where object, id and data stand. */
  about: State;
  topic: string;
}

/** The changes of a body: of `changes`, of an event, of a CloudEvent or a batch of them. */
function partsOf(value: unknown): Part[] {
  if (Array.isArray(value)) return value.flatMap(partsOf);
  if (!isObject(value)) return [];
  const { changes, specversion, data, type, topic } = value;
  if (Array.isArray(changes)) {
    return changes.filter(isObject).map((change) => ({ part: change, about: change, topic: "" }));
  }
  if (specversion !== undefined) {
    return isObject(data) ? [{ part: value, about: data, topic: textOf(type) ?? "" }] : [];
  }
  return [{ part: value, about: value, topic: textOf(topic) ?? "" }];
}

/** `Trainings.Update` is an update. */
const actionOf = (topic: string): string => topic.slice(topic.lastIndexOf(".") + 1).toLowerCase();

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export interface FieldDifference {
  /** A path: `address.city`. */
  field: string;
  before: unknown;
  after: unknown;
  how: "same" | "changed" | "onlyBefore" | "onlyAfter";
}

/** Field by field, objects within objects too; lists are compared as wholes. Without `id` and `_meta`. */
export function differences(before: State, after: State, above = ""): FieldDifference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => above !== "" || (name !== "id" && name !== "_meta"))
    .flatMap((name): FieldDifference[] => {
      const field = above === "" ? name : `${above}.${name}`;
      const [was, is] = [before[name], after[name]];
      if (isObject(was) && isObject(is)) return differences(was, is, field);
      return [{ field, before: was, after: is, how: howOf(was, is) }];
    });
}

function howOf(was: unknown, is: unknown): FieldDifference["how"] {
  if (was === undefined) return "onlyAfter";
  if (is === undefined) return "onlyBefore";
  return same(was, is) ? "same" : "changed";
}

function same(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => same(item, other[at]));
  }
  if (isObject(one) && isObject(other)) {
    const names = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...names].every((name) => same(one[name], other[name]));
  }
  return one === other;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
