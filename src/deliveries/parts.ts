/**
 * What a frozen body is made of: the changes it tells of, each with its text as it stands there. From these a new
 * body is made where a delivery has to make room for others (`succeed.ts`); the bytes of each change stay as they are,
 * since numbers that were read and written again may be others.
 */
import type { Action } from "../changes/topics.ts";
import { isObject } from "../http/json.ts";
import { encodeId } from "../records/key.ts";
import type { TypeRegistry } from "../records/types.ts";

/** A change as a body tells it. */
export interface Part {
  object: string;
  /** As in JSON. */
  id: unknown;
  /** Undefined for what happens to objects of the server's own. */
  action: Action | undefined;
  /** The fields of the object that are shown. */
  fields: readonly string[];
  text: string;
}

export interface Parts {
  list: readonly Part[];
  /** Whether the body can hold several. */
  bundled: boolean;
  /** A body of the same form with these changes: one for a body that is not bundled. */
  body(texts: readonly string[]): string;
}

const CHANGES = '{"changes":';

/** @param body  of one of our own formats (`body.ts`) */
export function partsOf(body: string): Parts {
  if (body.startsWith(`${CHANGES}[`)) {
    const list = elements(body.slice(CHANGES.length, -1)).map(partOf);
    return { list, bundled: true, body: (texts) => `${CHANGES}[${texts.join(",")}]}` };
  }
  if (body.startsWith("[")) {
    const list = elements(body).map(partOf);
    // A CloudEvent that is left alone is no batch.
    const batch = (texts: readonly string[]) => `[${texts.join(",")}]`;
    return { list, bundled: true, body: (texts) => (texts.length === 1 ? (texts[0] ?? "") : batch(texts)) };
  }
  return { list: [partOf(body)], bundled: false, body: ([text = body]) => text };
}

type Item = Record<string, unknown>;

function partOf(text: string): Part {
  const item = JSON.parse(text) as Item;
  const told = toldIn(item);
  const { data } = told;
  // S1's changes name their action, and have their object's id as `id`; events have ids of their own.
  const action =
    item["action"] ??
    String(item["topic"] ?? item["type"])
      .split(".")
      .at(-1)
      ?.toLowerCase();
  return {
    object: String(told["object"]),
    id: "object_id" in told ? told["object_id"] : told["id"],
    action: action === "update" || action === "destroy" || action === "import" ? action : undefined,
    fields: isObject(data) ? Object.keys(data) : [],
    text,
  };
}

/** Where an event has what it tells: a CloudEvent in its `data`, our own at the top. */
function toldIn(item: Item): Item {
  const { data } = item;
  return "specversion" in item && isObject(data) ? data : item;
}

/** The texts of an array's elements. @param array  JSON as we write it, without white space */
export function elements(array: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 1;
  for (let i = 0; i < array.length; i++) {
    const char = array[i];
    if (char === '"') {
      for (i++; array[i] !== '"'; i++) if (array[i] === "\\") i++;
    } else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") {
      if (--depth === 0 && i > start) found.push(array.slice(start, i));
    } else if (char === "," && depth === 1) {
      found.push(array.slice(start, i));
      start = i + 1;
    }
  }
  return found;
}

/** An object as the feed knows it: `training/<key>`; undefined for an id that the type cannot have. */
export function nameOf(types: TypeRegistry, { object, id }: Pick<Part, "object" | "id">): string | undefined {
  const type = types.ofObject(object);
  if (!type) return `${object}/${String(id)}`;
  try {
    return `${object}/${encodeId(type.key, id)}`;
  } catch {
    return undefined;
  }
}

/** The topic under which a change is told; undefined where no type of ours has the object. */
export function topicOfPart(types: TypeRegistry, { object, action }: Part): string | undefined {
  return action && types.ofObject(object)?.topics[action];
}

/** The two bodies of a bundle's halves, the first longer by one where it must be; undefined: there is but one change. */
export function halves({ list, bundled, body }: Parts): [string, string] | undefined {
  if (!bundled || list.length < 2) return undefined;
  const texts = list.map(({ text }) => text);
  const middle = Math.ceil(texts.length / 2);
  return [body(texts.slice(0, middle)), body(texts.slice(middle))];
}

/** A change, told as the removal of its object. @param topic  under which that is told */
export function asDestroy(text: string, topic: string): string {
  const item = JSON.parse(text) as Item;
  const told = toldIn(item);
  for (const name of ["url", "data", "subject", "actor"]) delete told[name];
  if ("action" in item) return JSON.stringify({ ...item, action: "destroy" });
  return JSON.stringify({ ...item, ["specversion" in item ? "type" : "topic"]: topic });
}

/** A change, told without what its object is like. */
export function withoutData(text: string): string {
  const item = JSON.parse(text) as Item;
  delete toldIn(item)["data"];
  return JSON.stringify(item);
}

/** A change with another record. @param record  JSON */
export function withRecord(text: string, record: string): string {
  const item = JSON.parse(text) as Item;
  // Put in as text, so that its numbers stay as they are.
  const place = crypto.randomUUID();
  toldIn(item)["data"] = place;
  return JSON.stringify(item).replace(JSON.stringify(place), () => record);
}
