/**
 * The rules of records: what a push does to what is stored, and what the feed is told of it.
 * Every function obeys the principal's grants (`rights.ts`) and knows nothing of HTTP.
 */
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import type { Fields } from "../grants/view.ts";
import { invalid, Problem, type Violation } from "../problem.ts";
import type { Principal } from "../accounts/principal.ts";
import type { Also, Store, Transaction } from "../store/store.ts";
import { type AddItem, addPiece, type AddResult, type IfExists, piecesOf, prepareAddition } from "./add.ts";
import { type JsonObject, split, valid } from "./input.ts";
import { decodeId, encodeId, type RecordId } from "./key.ts";
import { applyMergePatch } from "./merge-patch.ts";
import type { StoredRecord } from "./queries.ts";
import { limitedText, parseList, type PushItem } from "./push.ts";
import { changeRights, demandChange, demandView, limitedWrite, notFound, readable } from "./rights.ts";
import type { RecordType } from "./types.ts";
import { RecordWriter, type Stored } from "./writer.ts";

export type { JsonObject } from "./input.ts";
export { notFound } from "./rights.ts";

/** A list push breathes after so many records, so that other requests are answered meanwhile. */
const BREATH = 250;

export type PushStatus = "created" | "updated" | "unchanged" | "rejected";

export interface PushResult {
  id: RecordId | null;
  status: PushStatus;
  violations?: Violation[];
}

/** A record as somebody sees it. */
export interface Seen {
  record: StoredRecord;
  /** The fields that he may read. */
  fields: Fields;
}

export type Written = Stored & Seen;

/** What a caller expects of the record as it is: the `If-Match` and `If-None-Match` of RFC 9110, section 13. */
export type Precondition = (current: StoredRecord | undefined) => void;

const always: Precondition = () => {};

export class RecordService {
  readonly #store: Store;
  readonly #writer: RecordWriter;

  constructor(collaborators: { store: Store; feed: ChangeFeed; clock: Clock }) {
    this.#store = collaborators.store;
    this.#writer = new RecordWriter(collaborators);
  }

  /** A record; undefined where there is none that the principal may read. @throws Forbidden */
  async get(principal: Principal, type: RecordType, key: string): Promise<Seen | undefined> {
    demandView(principal, type, "read");
    const record = await this.#store.read((reader) => this.#writer.find(reader, principal, type, key));
    const fields = record && readable(principal, type, record);
    return record && fields !== undefined ? { record, fields } : undefined;
  }

  /**
   * Stores one new record.
   * @throws Problem `conflict` when its id exists, `invalid` when it does not fit the type or the grants, Forbidden
   */
  create(
    principal: Principal,
    type: RecordType,
    body: JsonObject,
    also?: Also<Written> | undefined,
  ): Promise<Written> {
    const rights = changeRights(principal, type, "write");
    const { id, data } = split(body);
    const given = id === undefined ? undefined : encodeId(type.key, id);
    if (!rights.view.unlimited) limitedWrite(rights, { wanted: data, sent: data });
    const insertGiven = async (tx: Transaction, key: string): Promise<Stored> => {
      if (await this.#writer.find(tx, principal, type, key))
        throw new Problem("conflict", `There is a ${type.object} with the id ${String(id)} already.`);
      return await this.#writer.insertWithOthers(tx, principal, type, key, valid(type, key, data));
    };
    return this.#store.write(async (tx) => {
      const inserted =
        given === undefined
          ? await this.#insertNext(tx, principal, type, data)
          : await insertGiven(tx, given);
      const written = seen(principal, type, inserted);
      await also?.(tx, written);
      return written;
    });
  }

  async #insertNext(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    data: JsonObject,
  ): Promise<Stored> {
    const key = await this.#writer.newKey(tx, principal, type);
    return await this.#writer.insert(tx, principal, type, key, valid(type, key, data));
  }

  /**
   * Creates or replaces the record `key`. A body that changes nothing makes no change; what the principal may not write
   * stays. @throws Problem `invalid`; Forbidden, or `not_found` where the record is hidden
   */
  put(
    principal: Principal,
    type: RecordType,
    key: string,
    body: JsonObject,
    expect: Precondition = always,
  ): Promise<Written> {
    const { id, data } = split(body);
    if (id !== undefined && encodeId(type.key, id) !== key)
      throw invalid("id", "differs from the id in the path");
    const rights = changeRights(principal, type, "write");
    const text = rights.view.unlimited ? valid(type, key, data) : undefined;
    return this.#store.write(async (tx) => {
      const current = await this.#writer.find(tx, principal, type, key);
      if (current) demandChange(rights, current);
      expect(current);
      const after = text ?? valid(type, key, limitedWrite(rights, { current, wanted: data, sent: data }));
      return seen(principal, type, await this.#writer.upsert(tx, principal, type, key, current, after));
    });
  }

  /** Applies a JSON merge patch (RFC 7396). @throws Problem `not_found`, `invalid`; Forbidden */
  patch(
    principal: Principal,
    type: RecordType,
    key: string,
    patch: JsonObject,
    expect: Precondition = always,
  ): Promise<Written> {
    const { id, data } = split(patch);
    if (id !== undefined && encodeId(type.key, id) !== key)
      throw invalid("id", "differs from the id in the path");
    const rights = changeRights(principal, type, "write");
    return this.#store.write(async (tx) => {
      const current = await this.#writer.find(tx, principal, type, key);
      if (current) demandChange(rights, current);
      expect(current);
      if (!current) throw notFound(type, key);
      const patched = applyMergePatch(JSON.parse(current.data) as JsonObject, data);
      const after = rights.view.unlimited
        ? patched
        : limitedWrite(rights, { current, wanted: patched, sent: data, patches: true });
      const text = valid(type, key, after);
      return seen(principal, type, await this.#writer.upsert(tx, principal, type, key, current, text));
    });
  }

  /** Removes a record; the feed keeps a tombstone. @throws Problem `not_found`; Forbidden */
  remove(principal: Principal, type: RecordType, key: string, expect: Precondition = always): Promise<void> {
    const rights = changeRights(principal, type, "delete");
    return this.#store.write(async (tx) => {
      const current = await this.#writer.find(tx, principal, type, key);
      if (current) demandChange(rights, current);
      expect(current);
      if (!current) throw notFound(type, key);
      await this.#writer.remove(tx, principal, type, current);
    });
  }

  /**
   * Creates or replaces many records in one transaction, and says of each what became of it.
   * @param onError  `stop`: one bad record and nothing is stored; `skip`: the others are
   * @throws Problem `invalid` with the violations of all records, when `onError` is `stop`; Forbidden
   */
  push(
    principal: Principal,
    type: RecordType,
    items: readonly JsonObject[],
    onError: "stop" | "skip",
    also?: Also<PushResult[]> | undefined,
  ): Promise<PushResult[]> {
    const rights = changeRights(principal, type, "write");
    const parsed = parseList(rights, items);
    const refuse = (violations: readonly Violation[]): void => {
      if (violations.length === 0 || onError === "skip") return;
      throw new Problem("invalid", "Some records cannot be stored; nothing was.", {
        violations: violations.slice(0, 1_000),
      });
    };
    refuse(parsed.flatMap((item) => ("violations" in item ? item.violations : [])));
    return this.#store.write(async (tx) => {
      const results: PushResult[] = parsed.map((item) =>
        "violations" in item
          ? { id: item.id, status: "rejected", violations: item.violations }
          : { id: null, status: "unchanged" },
      );
      const store = async (
        index: number,
        item: PushItem,
        key: string,
        current: StoredRecord | undefined,
      ): Promise<void> => {
        const text = item.text ?? limitedText(rights, item.data, key, current, `[${index}]`);
        if (typeof text === "string") {
          const { status } = await this.#writer.upsert(tx, principal, type, key, current, text);
          results[index] = { id: decodeId(type.key, key), status };
        } else {
          const id = item.key === undefined ? null : decodeId(type.key, key);
          results[index] = { id, status: "rejected", violations: text };
        }
      };
      for (let start = 0; start < parsed.length; start += BREATH) {
        if (start > 0) await breathe();
        // Their ids are all different, so their round trips may overlap.
        await allDone(
          parsed.slice(start, start + BREATH).map(async (item, offset) => {
            if ("violations" in item || item.key === undefined) return;
            const current = await this.#writer.find(tx, principal, type, item.key);
            await store(start + offset, item, item.key, current);
          }),
        );
      }
      // Ids are made last: an id that is made must not be one that the list gives further down.
      for (const [index, item] of parsed.entries()) {
        if ("violations" in item || item.key !== undefined) continue;
        if (index % BREATH === BREATH - 1) await breathe();
        await store(index, item, await this.#writer.newKey(tx, principal, type), undefined);
      }
      refuse(results.flatMap(({ violations = [] }) => violations));
      await also?.(tx, results);
      return results;
    });
  }

  /** @throws Forbidden where the principal may write no record of the type */
  demandWrite(principal: Principal, type: RecordType): void {
    demandView(principal, type, "write");
  }

  /**
   * Adds records, each for itself: one that does not fit is rejected, the others are stored. Many are stored piece by
   * piece, so that nobody has to wait for all of them. @throws Forbidden
   */
  async add(
    principal: Principal,
    type: RecordType,
    items: readonly AddItem[],
    ifExists: IfExists,
  ): Promise<AddResult[]> {
    const addition = { rights: changeRights(principal, type, "write"), items, ifExists };
    const { ready, results } = await prepareAddition(addition);
    for (const piece of piecesOf(ready)) {
      const done = await this.#store.write((tx) => addPiece(tx, this.#writer, addition, piece));
      for (const [index, result] of done.entries()) results[piece[index]?.index ?? 0] = result;
    }
    return results;
  }
}

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Waits for every one, then throws what the first threw: none may still be at work in a transaction that is undone.
 */
async function allDone(promises: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises))
    if (result.status === "rejected") throw result.reason;
}

const NOTHING: Fields = new Set();

/** What its writer sees of a record. */
function seen(principal: Principal, type: RecordType, stored: Stored): Written {
  return { ...stored, fields: readable(principal, type, stored.record) ?? NOTHING };
}
