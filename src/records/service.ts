/**
 * The rules of records: what a push does to what is stored, and what the feed is told of it.
 * Every function works inside a transaction of the caller or a read, and knows nothing of HTTP.
 */
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { invalid, Problem, type Violation } from "../problem.ts";
import { actorName, type Principal, subjectName } from "../accounts/principal.ts";
import { type Reader, type Store, type Transaction, WriteConflict } from "../store/store.ts";
import { decodeId, encodeId, type RecordId } from "./key.ts";
import { applyMergePatch } from "./merge-patch.ts";
import {
  deleteField,
  deleteRecord,
  findRecord,
  insertField,
  insertRecord,
  lastKey,
  type StoredRecord,
  updateRecord,
} from "./queries.ts";
import type { RecordType } from "./types.ts";

/** One record's JSON may be this long, in characters. */
const MAX_RECORD = 1_000_000;
/** A list push breathes after so many records, so that other requests are answered meanwhile. */
const BREATH = 250;

export type JsonObject = Record<string, unknown>;

export type PushStatus = "created" | "updated" | "unchanged" | "rejected";

export interface PushResult {
  id: RecordId | null;
  status: PushStatus;
  violations?: Violation[];
}

export interface Written {
  status: "created" | "updated" | "unchanged";
  record: StoredRecord;
}

/** What a caller expects of the record as it is: the `If-Match` and `If-None-Match` of RFC 9110, section 13. */
export type Precondition = (current: StoredRecord | undefined) => void;

const always: Precondition = () => {};

export class RecordService {
  readonly #feed: ChangeFeed;
  readonly #clock: Clock;
  readonly #store: Store;

  constructor(collaborators: { store: Store; feed: ChangeFeed; clock: Clock }) {
    this.#store = collaborators.store;
    this.#feed = collaborators.feed;
    this.#clock = collaborators.clock;
  }

  async find(
    reader: Reader,
    principal: Principal,
    type: RecordType,
    key: string,
  ): Promise<StoredRecord | undefined> {
    const [record] = await reader.run(findRecord, {
      organisationId: principal.organisation.id,
      type: type.name,
      key,
    });
    return record;
  }

  get(principal: Principal, type: RecordType, key: string): Promise<StoredRecord | undefined> {
    return this.#store.read((reader) => this.find(reader, principal, type, key));
  }

  /**
   * Stores one new record.
   * @throws Problem `conflict` when its id exists, `invalid` when it does not fit the type
   */
  create(principal: Principal, type: RecordType, body: JsonObject): Promise<Written> {
    const { id, data } = split(body);
    const given = id === undefined ? undefined : encodeId(type.key, id);
    return this.#store.write(async (tx) => {
      const key = given ?? (await this.#newKey(tx, principal, type));
      if (given !== undefined && (await this.find(tx, principal, type, key))) {
        throw new Problem("conflict", `There is a ${type.object} with the id ${String(id)} already.`);
      }
      return await this.#insert(tx, principal, type, key, valid(type, key, data));
    });
  }

  /** Creates or replaces the record `key`. A body that changes nothing makes no change. */
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
    const text = valid(type, key, data);
    return this.#store.write(async (tx) => {
      const current = await this.find(tx, principal, type, key);
      expect(current);
      return await this.#upsert(tx, principal, type, key, current, text);
    });
  }

  /** Applies a JSON merge patch (RFC 7396). @throws Problem `not_found` */
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
    return this.#store.write(async (tx) => {
      const current = await this.find(tx, principal, type, key);
      expect(current);
      if (!current) throw notFound(type, key);
      const patched = applyMergePatch(JSON.parse(current.data) as JsonObject, data);
      return await this.#upsert(tx, principal, type, key, current, valid(type, key, patched));
    });
  }

  /** Removes a record; the feed keeps a tombstone. @throws Problem `not_found` */
  remove(principal: Principal, type: RecordType, key: string, expect: Precondition = always): Promise<void> {
    return this.#store.write(async (tx) => {
      const current = await this.find(tx, principal, type, key);
      expect(current);
      if (!current) throw notFound(type, key);
      const place = { organisationId: principal.organisation.id, type: type.name, key };
      const [gone] = await tx.run(deleteRecord, { ...place, version: current.version });
      if (!gone) throw new WriteConflict();
      await this.#reindex(tx, principal, type, key, current.data, undefined);
      this.#changed(tx, principal, type, key, "destroy");
    });
  }

  /**
   * Creates or replaces many records in one transaction, and says of each what became of it.
   * @param onError  `stop`: one bad record and nothing is stored; `skip`: the others are
   * @throws Problem `invalid` with the violations of all records, when `onError` is `stop`
   */
  push(
    principal: Principal,
    type: RecordType,
    items: readonly JsonObject[],
    onError: "stop" | "skip",
  ): Promise<PushResult[]> {
    const parsed = this.#parseList(type, items);
    const violations = parsed.flatMap((item) => ("violations" in item ? item.violations : []));
    if (violations.length > 0 && onError === "stop") {
      throw new Problem("invalid", "Some records do not fit their type; nothing was stored.", {
        violations: violations.slice(0, 1_000),
      });
    }
    return this.#store.write(async (tx) => {
      const results: PushResult[] = parsed.map((item) =>
        "violations" in item
          ? { id: item.id, status: "rejected", violations: item.violations }
          : { id: null, status: "unchanged" },
      );
      const store = async (index: number, key: string, current: StoredRecord | undefined, text: string) => {
        const { status } = await this.#upsert(tx, principal, type, key, current, text);
        results[index] = { id: decodeId(type.key, key), status };
      };
      for (let start = 0; start < parsed.length; start += BREATH) {
        if (start > 0) await breathe();
        // Their ids are all different, so their round trips may overlap.
        await allDone(
          parsed.slice(start, start + BREATH).map(async (item, offset) => {
            if ("violations" in item || item.key === undefined) return;
            const current = await this.find(tx, principal, type, item.key);
            await store(start + offset, item.key, current, item.text);
          }),
        );
      }
      // Ids are made last: an id that is made must not be one that the list gives further down.
      for (const [index, item] of parsed.entries()) {
        if ("violations" in item || item.key !== undefined) continue;
        if (index % BREATH === BREATH - 1) await breathe();
        await store(index, await this.#newKey(tx, principal, type), undefined, item.text);
      }
      return results;
    });
  }

  #parseList(type: RecordType, items: readonly JsonObject[]): ParsedItem[] {
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
        return { key, text: valid(type, key, data, at) };
      } catch (error) {
        if (!(error instanceof Problem) || error.violations.length === 0) throw error;
        return { id: isPlainObject(item) ? shownId(item["id"]) : null, violations: [...error.violations] };
      }
    });
  }

  async #newKey(tx: Transaction, principal: Principal, type: RecordType): Promise<string> {
    if (type.key !== "integer") return Bun.randomUUIDv7();
    const [last] = await tx.run(lastKey, { organisationId: principal.organisation.id, type: type.name });
    return encodeId("integer", last ? Math.max(0, Number(decodeId("integer", last.key))) + 1 : 1);
  }

  async #upsert(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    key: string,
    current: StoredRecord | undefined,
    text: string,
  ): Promise<Written> {
    if (!current) return await this.#insert(tx, principal, type, key, text);
    if (current.data === text || Bun.deepEquals(JSON.parse(current.data), JSON.parse(text), true)) {
      return { status: "unchanged", record: current };
    }
    // Times of one record never run backwards, whatever the clock does.
    const at = Math.max(this.#clock.now(), current.modifiedAt);
    const place = { organisationId: principal.organisation.id, type: type.name, key };
    const [updated] = await tx.run(updateRecord, { ...place, data: text, at, version: current.version });
    if (!updated) throw new WriteConflict();
    if (type.filters.length > 0) await this.#reindex(tx, principal, type, key, current.data, text);
    this.#changed(tx, principal, type, key, "update");
    return {
      status: "updated",
      record: { key, data: text, version: updated.version, createdAt: current.createdAt, modifiedAt: at },
    };
  }

  async #insert(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    key: string,
    text: string,
  ): Promise<Written> {
    const at = this.#clock.now();
    await tx.run(insertRecord, {
      organisationId: principal.organisation.id,
      type: type.name,
      key,
      data: text,
      at,
    });
    if (type.filters.length > 0) await this.#reindex(tx, principal, type, key, undefined, text);
    this.#changed(tx, principal, type, key, "update");
    return { status: "created", record: { key, data: text, version: 1, createdAt: at, modifiedAt: at } };
  }

  /** Brings a record's rows in the filter index from its old to its new data. */
  async #reindex(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    key: string,
    before: string | undefined,
    after: string | undefined,
  ): Promise<void> {
    const rows = (text: string | undefined) =>
      text === undefined ? [] : type.indexed(JSON.parse(text) as JsonObject);
    const old = rows(before);
    const now = rows(after);
    const place = { organisationId: principal.organisation.id, type: type.name, key };
    const missing = (list: typeof old, row: (typeof old)[number]) =>
      !list.some(({ field, value }) => field === row.field && value === row.value);
    await Promise.all([
      ...old.filter((row) => missing(now, row)).map((row) => tx.run(deleteField, { ...place, ...row })),
      ...now.filter((row) => missing(old, row)).map((row) => tx.run(insertField, { ...place, ...row })),
    ]);
  }

  #changed(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    key: string,
    action: "update" | "destroy",
  ): void {
    this.#feed.record(tx, {
      organisationId: principal.organisation.id,
      topic: type.topics[action],
      object: type.object,
      key,
      action,
      at: this.#clock.now(),
      subject: subjectName(principal),
      actor: actorName(principal),
    });
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

type ParsedItem =
  { key: string | undefined; text: string } | { id: RecordId | null; violations: Violation[] };

export function notFound(type: RecordType, key: string): Problem {
  return new Problem(
    "not_found",
    `There is no ${type.object} with the id ${String(decodeId(type.key, key))}.`,
  );
}

/** A record as it came: its id, and its data without what is ours (`_meta`). */
function split(body: JsonObject): { id: unknown; data: JsonObject } {
  const { id, _meta, ...data } = body;
  return { id: id === null ? undefined : id, data };
}

/** @returns the data as it is stored @throws Problem `invalid` with every violation of the type's schema */
function valid(type: RecordType, key: string | undefined, data: JsonObject, at = ""): string {
  const violations = type.violations(key === undefined ? undefined : decodeId(type.key, key), data, at);
  if (violations.length > 0) {
    throw new Problem("invalid", `The ${type.object} does not fit its type.`, { violations });
  }
  const text = JSON.stringify(data);
  if (text.length > MAX_RECORD) throw invalid(at, `must have at most ${MAX_RECORD} characters as JSON`);
  return text;
}

function isPlainObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shownId(id: unknown): RecordId | null {
  return typeof id === "string" || typeof id === "number" ? id : null;
}
