/**
 * Adding records where some may be there already, as the public data API does it: each for itself, and what is there
 * is left alone, completed or renewed.
 */
import { invalid, type Violation, Problem } from "../problem.ts";
import type { Transaction } from "../store/store.ts";
import { type JsonObject, split, valid, violationsOf } from "./input.ts";
import { decodeId, encodeId, type RecordId } from "./key.ts";
import type { StoredRecord } from "./queries.ts";
import { type ChangeRights, demandChange, limitedWrite } from "./rights.ts";
import type { RecordWriter } from "./writer.ts";

/**
 * What becomes of a record that is there. `skip`: it stays as it is. `fill`: it is given the fields that it has no
 * value for: that are missing, null or an empty text. `replace`: it is given all fields that were sent. Fields that
 * were not sent stay in any case.
 */
export type IfExists = "skip" | "fill" | "replace";

/** A record that was sent, or why it could not be read. */
export type AddItem = { data: JsonObject } | { id: RecordId | null; violations: Violation[] };

export interface AddResult {
  id: RecordId | null;
  status: "created" | "updated" | "unchanged" | "skipped" | "rejected";
  /** Why it was rejected. */
  violations: readonly Violation[];
}

/** So many items are worked on before other requests have their turn: 3 ms, where their words are indexed. */
const BREATH = 25;
/** So many are committed together: their changes are put into the feed in one piece, and others' writes wait for it. */
const CHUNK = 100;

export interface Addition {
  rights: ChangeRights;
  items: readonly AddItem[];
  ifExists: IfExists;
}

export interface Keyed {
  index: number;
  key: string | undefined;
  data: JsonObject;
}

/**
 * Gives each item its key, or says why it has none. No two have the same.
 * @returns the items that can go on, and a result for each of all, as rejected where it cannot
 */
export async function prepareAddition({
  rights,
  items,
}: Addition): Promise<{ ready: Keyed[]; results: AddResult[] }> {
  const { type } = rights;
  const seen = new Map<string, number>();
  const ready: Keyed[] = [];
  const results: AddResult[] = [];
  for (const [index, item] of items.entries()) {
    if (index % BREATH === BREATH - 1) await breathe();
    if ("violations" in item) {
      results.push({ id: item.id, status: "rejected", violations: item.violations });
      continue;
    }
    try {
      const { id, data } = split(item.data);
      const key = id === undefined ? undefined : encodeId(type.key, id);
      const first = key === undefined ? undefined : seen.get(key);
      if (first !== undefined) throw invalid("id", `is the same as that of item ${first + 1}`);
      if (key !== undefined) seen.set(key, index);
      ready.push({ index, key, data });
      results.push({ id: null, status: "unchanged", violations: [] });
    } catch (error) {
      results.push(rejected(shownId(item.data["id"]), violationsOf(error)));
    }
  }
  return { ready, results };
}

/**
 * The items in the pieces in which they go into the database. Those without an id are last: an id that is made must not
 * be one that is given further down.
 */
export function piecesOf(ready: readonly Keyed[]): Keyed[][] {
  const [given, others] = [
    ready.filter(({ key }) => key !== undefined),
    ready.filter(({ key }) => key === undefined),
  ];
  return [given, others].flatMap((items) =>
    Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, i) =>
      items.slice(i * CHUNK, (i + 1) * CHUNK),
    ),
  );
}

/** Brings one piece into the database. @returns what became of its items, in their order */
export async function addPiece(
  tx: Transaction,
  writer: RecordWriter,
  addition: Addition,
  piece: readonly Keyed[],
): Promise<AddResult[]> {
  const { principal, type } = addition.rights;
  const all: AddResult[] = [];
  for (let start = 0; start < piece.length; start += BREATH) {
    if (start > 0) await breathe();
    // Those with an id have different ones, so their round trips may overlap.
    const some = piece.slice(start, start + BREATH);
    const done = await Promise.allSettled(
      some.map(async ({ key, data }) => {
        if (key === undefined) return undefined;
        const current = await writer.find(tx, principal, type, key);
        return await addOne(tx, writer, addition, { key, data, given: true }, current);
      }),
    );
    for (const [index, one] of done.entries()) {
      // Only now: none may still be at work in a transaction that is undone.
      if (one.status === "rejected") throw one.reason;
      if (one.value) all.push(one.value);
      else all.push(await addNew(tx, writer, addition, some[index]?.data ?? {}));
    }
  }
  return all;
}

async function addNew(
  tx: Transaction,
  writer: RecordWriter,
  addition: Addition,
  data: JsonObject,
): Promise<AddResult> {
  const { principal, type } = addition.rights;
  const key = await writer.newKey(tx, principal, type);
  return await addOne(tx, writer, addition, { key, data, given: false }, undefined);
}

async function addOne(
  tx: Transaction,
  writer: RecordWriter,
  { rights, ifExists }: Addition,
  { key, data, given }: { key: string; data: JsonObject; given: boolean },
  current: StoredRecord | undefined,
): Promise<AddResult> {
  const { principal, type } = rights;
  const id = decodeId(type.key, key);
  let text: string;
  try {
    if (current) demandChange(rights, current);
    if (current && ifExists === "skip") return { id, status: "skipped", violations: [] };
    text = valid(type, given ? key : undefined, wantedOf(rights, ifExists, data, current));
  } catch (error) {
    return rejected(given ? id : null, reasonsOf(error));
  }
  const { status } = await writer.upsert(tx, principal, type, key, current, text);
  return { id, status, violations: [] };
}

/** The record as it is to be. @throws Problem for what the grants do not allow */
function wantedOf(
  rights: ChangeRights,
  ifExists: IfExists,
  data: JsonObject,
  current: StoredRecord | undefined,
): JsonObject {
  const wanted = current ? merged(JSON.parse(current.data) as JsonObject, data, ifExists) : data;
  if (rights.view.unlimited) return wanted;
  return limitedWrite(rights, { current, wanted, sent: data, patches: true });
}

/** What is there, with what was sent. */
export function merged(old: JsonObject, sent: JsonObject, ifExists: IfExists): JsonObject {
  if (ifExists === "replace") return { ...old, ...sent };
  return { ...old, ...Object.fromEntries(Object.entries(sent).filter(([name]) => isEmpty(old, name))) };
}

function isEmpty(record: JsonObject, name: string): boolean {
  const value = Object.hasOwn(record, name) ? record[name] : undefined;
  return value === undefined || value === null || value === "";
}

function rejected(id: RecordId | null, violations: readonly Violation[]): AddResult {
  return { id, status: "rejected", violations };
}

/** @throws what is no problem with the item */
function reasonsOf(error: unknown): Violation[] {
  if (error instanceof Problem && error.violations.length === 0)
    return [{ field: "id", message: "is that of a record which the grants do not allow to write" }];
  return violationsOf(error);
}

function shownId(id: unknown): RecordId | null {
  return typeof id === "string" || typeof id === "number" ? id : null;
}

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
