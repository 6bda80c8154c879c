/** The records of a list push, before they meet what is stored. */
import { invalid, Problem, type Violation } from "../problem.ts";
import { isPlainObject, type JsonObject, split, valid, violationsOf } from "./input.ts";
import { encodeId, type RecordId } from "./key.ts";
import type { StoredRecord } from "./queries.ts";
import { type ChangeRights, demandChange, limitedWrite } from "./rights.ts";

export interface PushItem {
  key: string | undefined;
  data: JsonObject;
  /** As it is stored; undefined under limited grants, where it depends on what is there. */
  text: string | undefined;
}

export type ParsedItem = PushItem | { id: RecordId | null; violations: Violation[] };

/** Each item on its own, with what is wrong with it. No two have the same id. */
export function parseList({ type, view }: ChangeRights, items: readonly JsonObject[]): ParsedItem[] {
  const seen = new Map<string, number>();
  return items.map((item, index) => {
    const at = `[${index}]`;
    try {
      if (!isPlainObject(item)) throw invalid(at, "must be an object");
      const { id, data } = split(item);
      const key = id === undefined ? undefined : encodeId(type.key, id, `${at}.id`);
      const first = key === undefined ? undefined : seen.get(key);
      if (first !== undefined) throw invalid(`${at}.id`, `is the same as that of [${first}]`);
      if (key !== undefined) seen.set(key, index);
      return { key, data, text: view.unlimited ? valid(type, key, data, at) : undefined };
    } catch (error) {
      return { id: isPlainObject(item) ? shownId(item["id"]) : null, violations: violationsOf(error) };
    }
  });
}

/** A record of a list under limited grants, as it is stored; or why it cannot be. */
export function limitedText(
  rights: ChangeRights,
  data: JsonObject,
  key: string,
  current: StoredRecord | undefined,
  at: string,
): string | Violation[] {
  try {
    if (current) demandChange(rights, current);
    return valid(rights.type, key, limitedWrite(rights, { current, wanted: data, sent: data, at }), at);
  } catch (error) {
    if (error instanceof Problem && error.violations.length === 0)
      return [{ field: `${at}.id`, message: "is that of a record which the grants do not allow to write" }];
    return violationsOf(error);
  }
}

function shownId(id: unknown): RecordId | null {
  return typeof id === "string" || typeof id === "number" ? id : null;
}
