/** Brings a record into the database with all that goes with it: its version, its filter index, its change. */
import { actorName, type Principal, subjectName } from "../accounts/principal.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { type Reader, type Stage, type Transaction, WriteConflict } from "../store/store.ts";
import type { FieldValue } from "./former.ts";
import type { JsonObject } from "./input.ts";
import { chunksBySize, chunksOfMany, MANY, ofSize } from "../store/many.ts";
import { decodeId, encodeId } from "./key.ts";
import {
  anyBetween,
  findRecords,
  insertFields,
  insertRecords,
  insertWritten,
  lookupRows,
  rangeOf,
} from "./many-queries.ts";
import {
  deleteField,
  deleteRecord,
  findRecord,
  insertField,
  insertRecord,
  lastKey,
  type StoredRecord,
  updateRecord,
  type Writer,
} from "./queries.ts";
import { forgetWords, indexWords } from "./search-index.ts";
import type { RecordType } from "./types.ts";

export interface Stored {
  status: "created" | "updated" | "unchanged";
  record: StoredRecord;
}

/** A record that is new, as it is stored and as it came. */
export interface NewRow {
  key: string;
  text: string;
  data: JsonObject;
}

interface NewRecord extends Writer {
  organisationId: number;
  type: string;
  key: string;
  text: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** Inserts the new records of a transaction, those of one writer and type together. */
const written: Stage<NewRecord> = {
  apply: async (tx, items) => {
    for (const alike of runsOfAlike(items)) {
      const { chunks, rest } = chunksBySize(alike);
      for (const chunk of chunks) {
        const [{ organisationId, type, subject, actor }] = chunk as [NewRecord];
        const rows = chunk.map(({ key, text, at }) => ({ key, text, at: String(at) }));
        await tx.run(ofSize(insertWritten, rows), { organisationId, type, subject, actor, rows });
      }
      for (const { text: data, ...row } of rest) await tx.run(insertRecord, { ...row, data });
    }
  },
};

function runsOfAlike(items: readonly NewRecord[]): NewRecord[][] {
  const runs: NewRecord[][] = [];
  for (const item of items) {
    const last = runs.at(-1);
    const before = last?.[0];
    if (
      before?.type === item.type &&
      before.organisationId === item.organisationId &&
      before.subject === item.subject &&
      before.actor === item.actor
    )
      last?.push(item);
    else runs.push([item]);
  }
  return runs;
}

/** Asks for no rights: that is for the service, which knows what it writes for whom. */
export class RecordWriter {
  readonly #feed: Pick<ChangeFeed, "record" | "recordMany">;
  readonly #clock: Clock;

  constructor({ feed, clock }: { feed: Pick<ChangeFeed, "record" | "recordMany">; clock: Clock }) {
    this.#feed = feed;
    this.#clock = clock;
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

  /** An id that nobody has: of integers the next one. */
  async newKey(tx: Transaction, principal: Principal, type: RecordType): Promise<string> {
    if (type.key !== "integer") return Bun.randomUUIDv7();
    const [last] = await tx.run(lastKey, { organisationId: principal.organisation.id, type: type.name });
    return encodeId("integer", last ? Math.max(0, Number(decodeId("integer", last.key))) + 1 : 1);
  }

  /** Creates or replaces a record, which leaves no trace where nothing changes. @throws WriteConflict */
  async upsert(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    key: string,
    current: StoredRecord | undefined,
    text: string,
  ): Promise<Stored> {
    if (!current) return await this.insert(tx, principal, type, key, text);
    if (current.data === text || Bun.deepEquals(JSON.parse(current.data), JSON.parse(text), true)) {
      return { status: "unchanged", record: current };
    }
    // Times of one record never run backwards, whatever the clock does.
    const at = Math.max(this.#clock.now(), current.modifiedAt);
    const place = { organisationId: principal.organisation.id, type: type.name, key };
    const { version, createdAt } = current;
    const writer = writerOf(principal);
    const [updated] = await tx.run(updateRecord, { ...place, ...writer, data: text, at, version });
    if (!updated) throw new WriteConflict();
    const left =
      type.filters.length > 0 ? await this.#reindex(tx, principal, type, key, current.data, text) : undefined;
    if (type.search.length > 0) await indexWords(tx, type, place, parse(current.data), parse(text));
    this.#changed(tx, principal, type, key, "update", left);
    return {
      status: "updated",
      record: { key, data: text, version: updated.version, createdAt, modifiedAt: at, ...writer },
    };
  }

  /** Stores a new record. */
  insert(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    key: string,
    text: string,
  ): Promise<Stored> {
    return this.#insert(tx, principal, type, { key, text }, ({ text: data, ...row }) =>
      tx.run(insertRecord, { ...row, data }),
    );
  }

  /**
   * As {@link insert}, of a record that is known to be new, together with the others of the transaction that are: what
   * else is done in it does not see it yet. Where another has made a record of that key after all, the store has each of
   * them try again.
   */
  insertWithOthers(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    key: string,
    text: string,
  ): Promise<Stored> {
    return this.#insert(tx, principal, type, { key, text }, (row) => tx.defer(written, row));
  }

  /** @param store  brings its row into the table of records, now or at the end of the transaction */
  async #insert(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    { key, text }: { key: string; text: string },
    store: (row: NewRecord) => Promise<unknown> | void,
  ): Promise<Stored> {
    const at = this.#clock.now();
    const { subject, actor } = writerOf(principal);
    const place = { organisationId: principal.organisation.id, type: type.name, key };
    await store({ ...place, subject, actor, text, at });
    if (type.filters.length > 0) await this.#reindex(tx, principal, type, key, undefined, text);
    if (type.search.length > 0) await indexWords(tx, type, place, undefined, parse(text));
    this.#changed(tx, principal, type, key, "update");
    return {
      status: "created",
      record: { key, data: text, version: 1, createdAt: at, modifiedAt: at, subject, actor },
    };
  }

  /** Those of the keys that there are. */
  async findMany(
    reader: Reader,
    principal: Principal,
    type: RecordType,
    keys: readonly string[],
  ): Promise<Map<string, StoredRecord>> {
    const found = new Map<string, StoredRecord>();
    const place = { organisationId: principal.organisation.id, type: type.name };
    // What comes in the order of its ids, and is new, is found to be so by one look.
    const range = rangeOf(type.key, keys);
    if (range && (await reader.run(anyBetween, { ...place, ...range })).length === 0) return found;
    for (let from = 0; from < keys.length; from += MANY) {
      const rows = lookupRows(keys.slice(from, from + MANY));
      for (const record of await reader.run(findRecords, { ...place, rows })) found.set(record.key, record);
    }
    return found;
  }

  /** As {@link insert}, of many, whose keys are all different. */
  async insertMany(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    rows: readonly NewRow[],
  ): Promise<void> {
    if (rows.length === 0) return;
    const at = this.#clock.now();
    const place = { organisationId: principal.organisation.id, type: type.name };
    const written = { ...place, ...writerOf(principal), at };
    const { chunks, rest } = chunksOfMany(rows);
    for (const chunk of chunks) await tx.run(insertRecords, { ...written, rows: chunk });
    for (const { key, text } of rest) await tx.run(insertRecord, { ...written, key, data: text });
    if (type.filters.length > 0) {
      const fields = rows.flatMap(({ key, data }) => type.indexed(data).map((field) => ({ ...field, key })));
      const { chunks: many, rest: few } = chunksOfMany(fields);
      for (const chunk of many) await tx.run(insertFields, { ...place, rows: chunk });
      for (const field of few) await tx.run(insertField, { ...place, ...field });
    }
    if (type.search.length > 0) {
      for (const { key, data } of rows) await indexWords(tx, type, { ...place, key }, undefined, data);
    }
    this.#feed.recordMany(tx, { ...this.#change(principal, type, "update"), at, rows });
  }

  /** Brings a record's rows in the filter index from its old to its new data. @returns those that went */
  async #reindex(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    key: string,
    before: string | undefined,
    after: string | undefined,
  ): Promise<FieldValue[]> {
    const rows = (text: string | undefined) => (text === undefined ? [] : type.indexed(parse(text)));
    const old = rows(before);
    const now = rows(after);
    const place = { organisationId: principal.organisation.id, type: type.name, key };
    const missing = (list: typeof old, row: (typeof old)[number]) =>
      !list.some(({ field, value }) => field === row.field && value === row.value);
    const left = old.filter((row) => missing(now, row));
    await Promise.all([
      ...left.map((row) => tx.run(deleteField, { ...place, ...row })),
      ...now.filter((row) => missing(old, row)).map((row) => tx.run(insertField, { ...place, ...row })),
    ]);
    return left;
  }

  #changed(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    key: string,
    action: "update" | "destroy",
    left?: readonly FieldValue[],
  ): void {
    this.#feed.record(tx, {
      ...this.#change(principal, type, action),
      key,
      at: this.#clock.now(),
      ...(left && left.length > 0 && { left }),
    });
  }

  #change(principal: Principal, type: RecordType, action: "update" | "destroy") {
    return {
      organisationId: principal.organisation.id,
      topic: type.topics[action],
      object: type.object,
      action,
      ...writerOf(principal),
    };
  }

  /** Removes a record; the feed keeps a tombstone. @throws WriteConflict */
  async remove(
    tx: Transaction,
    principal: Principal,
    type: RecordType,
    current: StoredRecord,
  ): Promise<void> {
    const { key, version, data } = current;
    const place = { organisationId: principal.organisation.id, type: type.name, key };
    const [gone] = await tx.run(deleteRecord, { ...place, version });
    if (!gone) throw new WriteConflict();
    const left = await this.#reindex(tx, principal, type, key, data, undefined);
    if (type.search.length > 0) await forgetWords(tx, place);
    this.#changed(tx, principal, type, key, "destroy", left);
  }
}

function parse(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}

function writerOf(principal: Principal): Writer {
  return { subject: subjectName(principal), actor: actorName(principal) };
}
