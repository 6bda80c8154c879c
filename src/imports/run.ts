/**
 * An import under way. Each batch of rows is a transaction with the checkpoint that says how many have been read, so a
 * process that dies has either done a batch and said so, or neither.
 */
import { BlobGone, type BlobStore } from "../blobs/store.ts";
import type { Room } from "../care/care.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { abortCause, type OperationContext, type OperationOutcome } from "../operations/operation.ts";
import { Problem, type Violation } from "../problem.ts";
import { type BulkFault, type BulkItem, type BulkResult, BulkWriter } from "../records/bulk.ts";
import { encodeId } from "../records/key.ts";
import type { RecordType, TypeRegistry } from "../records/types.ts";
import { chunksOfMany } from "../store/many.ts";
import type { Store, Transaction } from "../store/store.ts";
import { subjectName, actorName } from "../accounts/principal.ts";
import type { ImportInput } from "./input.ts";
import { dropKeys, putError, putKey, putKeys } from "./queries.ts";
import { Removal } from "./replace.ts";
import { unpacked } from "./source/bytes.ts";
import { readColumns } from "./source/columns.ts";
import { csvItems } from "./source/csv.ts";
import type { SourceItem } from "./source/item.ts";
import { jsonItems } from "./source/json.ts";
import { ndjsonItems } from "./source/ndjson.ts";

export interface ImportCollaborators {
  store: Store;
  clock: Clock;
  feed: ChangeFeed;
  types: TypeRegistry;
  blobs: BlobStore;
  /** Asked before each batch; without, there is always room. */
  room?: Room;
  /** The most bytes of a file, unpacked. */
  unpacked: number;
}

/** Rows of a transaction: 5 to 8 ms of the event loop. Fewer, where more than a record is written for each. */
const BATCH = 800;
const BATCH_FILTERED = 400;
const BATCH_SEARCHED = 100;
/** Fewer, where they are long: characters. */
const BATCH_SIZE = 256_000;
/** What a row counts for at least, and one whose text is not made yet. */
const LEAST_SIZE = 100;
/** Batches that may be committed before the one after which they came is on disk. */
const AHEAD = 4;
/** So many violations are kept for whoever sent the file. */
const MAX_ERRORS = 100_000;
const CHUNK = 2_000;

/** How far it has come. */
interface Position {
  phase: "rows" | "remove" | "told" | "clean";
  /** Rows that have been read. */
  rows: number;
  created: number;
  updated: number;
  unchanged: number;
  rejected: number;
  removed: number;
  /** Violations that are kept. */
  errors: number;
  /** Rows whose id could not be read: what they are is not known. */
  nameless: number;
  /** The key up to which it was looked for what is to be removed. */
  after: string;
  /** Where it stopped at a row that is wrong. */
  stoppedAt: number | null;
}

const START: Position = {
  ...{ phase: "rows", rows: 0, created: 0, updated: 0, unchanged: 0, rejected: 0, removed: 0 },
  ...{ errors: 0, nameless: 0, after: "", stoppedAt: null },
};

/** A batch that is being written. */
interface Written {
  committed: Promise<void>;
  durable: Promise<void>;
}

interface Row {
  line: number;
  item: BulkItem | BulkFault;
}

export class ImportRun {
  readonly #o: ImportCollaborators;
  readonly #context: OperationContext;
  readonly #input: ImportInput;
  readonly #type: RecordType;
  readonly #bulk: BulkWriter;
  readonly #batch: number;
  #position: Position;

  /** @throws Problem where the type is gone, Forbidden */
  constructor(collaborators: ImportCollaborators, context: OperationContext) {
    this.#o = collaborators;
    this.#context = context;
    // As `service.ts` has stored it.
    this.#input = context.input as unknown as ImportInput;
    const { types, feed, clock } = collaborators;
    const type = types.find(this.#input.type);
    if (!type) throw new Problem("conflict", `There is no type ${this.#input.type} any more.`);
    this.#type = type;
    this.#batch = batchOf(type);
    const { parent, by } = this.#input;
    const field = type.parent?.field;
    if (parent !== null && field === undefined)
      throw new Problem("conflict", `${type.name} have no parent any more.`);
    this.#bulk = new BulkWriter({
      ...{ feed, clock, type, principal: { ...by } },
      parent: parent !== null && field !== undefined ? { field, id: parent } : undefined,
    });
    this.#position = { ...START, ...(context.position as Partial<Position>) };
  }

  async run(): Promise<OperationOutcome> {
    const { signal } = this.#context;
    try {
      if (this.#position.phase === "rows") await this.#rows();
      if (!signal.aborted && this.#position.phase === "remove") await this.#remove();
      if (!signal.aborted && this.#position.phase === "told") await this.#tell();
    } catch (error) {
      if (error instanceof BlobGone) throw new Problem("conflict", "The file is not there any more.");
      if (!(error instanceof Problem) || error.code === "unavailable" || error.code === "storage_full")
        throw error;
      // What is wrong with the file as a whole: what came before stays, and is told of.
      await this.#clean();
      const result = { ...this.#result(), violations: error.violations.slice(0, 100) };
      return { status: "ERROR", message: `${error.message} ${this.#sentence()}`, result };
    }
    const isOver = ["cancel", "timeout"].includes(abortCause(signal) ?? "");
    if (this.#position.phase === "clean" || isOver) await this.#clean();
    return this.#outcome();
  }

  #outcome(): OperationOutcome {
    const { phase, stoppedAt } = this.#position;
    const done = phase === "clean" && !this.#context.signal.aborted;
    if (stoppedAt !== null) {
      const message = `It stopped at line ${stoppedAt}, which is wrong. ${this.#sentence()}`;
      return { status: "ERROR", message, result: { ...this.#result(), line: stoppedAt } };
    }
    return { message: this.#sentence(), result: this.#result(), ...(done && { status: "SUCCESS" as const }) };
  }

  #sentence(): string {
    const { created, updated, unchanged, rejected, removed, nameless, phase } = this.#position;
    const parts = [`${created} created`, `${updated} updated`, `${unchanged} unchanged`];
    if (this.#input.mode === "replace") parts.push(`${removed} removed`);
    if (rejected > 0) parts.push(`${rejected} rejected`);
    const kept =
      this.#input.mode === "replace" && nameless > 0 && phase === "clean"
        ? " Nothing was removed, because rows whose id cannot be read may be any of them."
        : "";
    const told = `${parts.join(", ")}.${kept}`;
    return this.#input.mode === "check" ? `Nothing was stored. It would be: ${told}` : told;
  }

  #result(): Record<string, unknown> {
    const { created, updated, unchanged, rejected, removed, errors, rows } = this.#position;
    const replaces = this.#input.mode === "replace";
    const path = `/api/v1/operations/${this.#context.id}/errors`;
    return {
      ...{ rows, created, updated, unchanged, rejected },
      ...(replaces && { removed }),
      ...(errors > 0 && { errors: path }),
      ...(errors >= MAX_ERRORS && { errors_kept: MAX_ERRORS }),
    };
  }

  async #rows(): Promise<void> {
    const { signal } = this.#context;
    let waiting: Row[] = [];
    let size = 0;
    // While a batch is brought to the disk the next one is read, and begun.
    const written: Written[] = [];
    const isOver = () => signal.aborted || this.#position.stoppedAt !== null;
    try {
      for await (const items of this.#items()) {
        for (const item of items) {
          const row = this.#prepared(item);
          waiting.push(row);
          size += ("text" in row.item && row.item.text?.length) || LEAST_SIZE;
          if (waiting.length < this.#batch && size < BATCH_SIZE) continue;
          const batch = waiting;
          waiting = [];
          size = 0;
          await written.at(-1)?.committed;
          if (isOver()) return await whole(written);
          written.push(this.#write(batch));
          if (written.length > AHEAD) await written.shift()?.durable;
          // SQLite may answer within the turn: others have theirs.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    } catch (error) {
      // What was read before is told of, and does not go on behind its end.
      await whole(written);
      if (waiting.length > 0 && !isOver()) await this.#write(waiting).durable;
      throw error;
    }
    await whole(written);
    if (!isOver()) await this.#write(waiting, true).durable;
  }

  #items(): AsyncGenerator<SourceItem[]> {
    const { blobs, unpacked: most } = this.#o;
    const { file, packing, format, encoding, delimiter, map } = this.#input;
    const bytes = unpacked(blobs.read(file), packing, most);
    const skip = this.#position.rows;
    if (format === "ndjson") return ndjsonItems(bytes, skip);
    if (format === "json") return jsonItems(bytes, skip);
    const settings = { encoding: encoding ?? undefined, delimiter: delimiter ?? undefined };
    return csvItems(bytes, skip, settings, (columns) => readColumns(this.#type, columns, map));
  }

  #prepared(item: SourceItem): Row {
    const { line } = item;
    if ("value" in item) return { line, item: this.#bulk.prepare(item.value) };
    return { line, item: { id: null, key: undefined, violations: item.violations } };
  }

  /** @param last  nothing follows */
  #write(rows: readonly Row[], last = false): Written {
    const committed = Promise.withResolvers<void>();
    const durable = this.#writeRows(rows, last, committed.resolve);
    durable.then(committed.resolve, committed.reject);
    // Whoever waits for the one hears of what goes wrong with the other.
    committed.promise.catch(() => {});
    return { committed: committed.promise, durable };
  }

  async #writeRows(rows: readonly Row[], last: boolean, committed: () => void): Promise<void> {
    const { onError, mode } = this.#input;
    this.#o.room?.demand();
    const tried = mode === "check" ? await this.#tried(rows) : undefined;
    let next = this.#position;
    const write = async (tx: Transaction): Promise<void> => {
      const at: Position = { ...this.#position };
      const results = tried ?? (await this.#results(tx, rows));
      const keys: string[] = [];
      for (let index = 0; index < results.length; index++) {
        const [result, row] = [results[index] as BulkResult, rows[index] as Row];
        at.rows++;
        const key = "key" in result ? result.key : row.item.key;
        // What is wrong in the file is in the file all the same.
        if (key !== undefined && mode === "replace") keys.push(key);
        if ("status" in result) {
          at[result.status]++;
          continue;
        }
        at.rejected++;
        if (key === undefined) at.nameless++;
        await this.#refuse(tx, at, row, result.violations);
        if (onError === "stop") at.stoppedAt = row.line;
      }
      if (mode === "replace") await this.#remember(tx, keys);
      if (at.stoppedAt !== null) at.phase = "clean";
      else if (last && mode === "check") at.phase = "clean";
      else if (last) at.phase = mode === "replace" && at.nameless === 0 ? "remove" : "told";
      await this.#checkpoint(tx, at);
      next = at;
    };
    await this.#o.store.write(write, () => {
      this.#position = next;
      committed();
    });
  }

  /** What would become of each row: they are put, and the transaction is taken back. */
  async #tried(rows: readonly Row[]): Promise<BulkResult[]> {
    let results: BulkResult[] | undefined;
    const takenBack = new Error("only tried");
    try {
      await this.#o.store.write(async (tx) => {
        results = await this.#results(tx, rows);
        throw takenBack;
      });
    } catch (error) {
      if (error !== takenBack) throw error;
    }
    return results ?? [];
  }

  /** What became of each row, up to the first that is wrong where that ends it. */
  async #results(tx: Transaction, rows: readonly Row[]): Promise<BulkResult[]> {
    const stops = this.#input.onError === "stop";
    const items = rows.map(({ item }) => item);
    const wrong = items.findIndex((item) => "violations" in item);
    const taken = stops && wrong !== -1 ? items.slice(0, wrong + 1) : items;
    const good = taken.filter((item): item is BulkItem => !("violations" in item));
    const together = await this.#bulk.putMany(tx, good);
    if (together && wrong === -1) return together;
    const results: BulkResult[] = [];
    let next = 0;
    for (const item of taken) {
      const put = "violations" in item ? item : (together?.[next++] ?? (await this.#bulk.put(tx, item)));
      results.push(put);
      if (stops && "violations" in put) break;
    }
    return results;
  }

  async #remember(tx: Transaction, keys: readonly string[]): Promise<void> {
    const operationId = this.#context.id;
    const { chunks, rest } = chunksOfMany(keys.map((key) => ({ key })));
    for (const chunk of chunks) await tx.run(putKeys, { operationId, rows: chunk });
    for (const { key } of rest) await tx.run(putKey, { operationId, key });
  }

  async #checkpoint(tx: Transaction, at: Position): Promise<void> {
    const { total } = this.#context;
    const known = at.phase === "rows" ? (total === null ? null : Math.max(total, at.rows)) : at.rows;
    await this.#context.progress(at.rows, known, { ...at }, tx);
  }

  async #refuse(
    tx: Transaction,
    at: Position,
    { line, item }: Row,
    violations: readonly Violation[],
  ): Promise<void> {
    const id = "violations" in item ? item.id : item.key === undefined ? null : this.#bulk.idOf(item.key);
    const recordId = id === null ? null : JSON.stringify(id);
    for (const { field, message } of violations) {
      if (at.errors >= MAX_ERRORS) return;
      const error = { number: ++at.errors, line, recordId, field, message };
      await tx.run(putError, { ...error, operationId: this.#context.id });
    }
  }

  /** What is not in the file goes. */
  async #remove(): Promise<void> {
    const { store } = this.#o;
    const { signal, id } = this.#context;
    const { organisation } = this.#input.by;
    const removal = new Removal({ operationId: id, organisationId: organisation.id, type: this.#type });
    while (!signal.aborted && this.#position.phase === "remove") {
      const { after } = this.#position;
      const slice = await store.read((reader) => removal.slice(reader, after));
      this.#position = await store.write(async (tx) => {
        const at: Position = { ...this.#position, after: slice.after };
        for (const key of slice.keys) if (await this.#bulk.remove(tx, key)) at.removed++;
        if (slice.last) at.phase = "told";
        await this.#checkpoint(tx, at);
        return at;
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Of a parent, one change that tells of all of it; once, because it is said in the same transaction that it was. */
  async #tell(): Promise<void> {
    const { store, feed, clock, types } = this.#o;
    const { parent, by } = this.#input;
    const parentType = parent === null ? undefined : types.find(this.#type.parent?.type ?? "");
    this.#position = await store.write(async (tx) => {
      const at: Position = { ...this.#position, phase: "clean" };
      if (parentType && parent !== null) {
        feed.record(tx, {
          ...{ organisationId: by.organisation.id, topic: parentType.topics.import, action: "import" },
          ...{ object: parentType.object, key: encodeId(parentType.key, parent), at: clock.now() },
          ...{ subject: subjectName(by), actor: actorName(by) },
        });
      }
      await this.#checkpoint(tx, at);
      return at;
    });
  }

  async #clean(): Promise<void> {
    if (this.#input.mode !== "replace") return;
    const { store } = this.#o;
    for (;;) {
      const gone = await store.write((tx) =>
        tx.run(dropKeys, { operationId: this.#context.id, limit: CHUNK }),
      );
      if (gone.length < CHUNK) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function whole(written: readonly Written[]): Promise<void> {
  await Promise.all(written.map(({ durable }) => durable));
}

function batchOf({ filters, search }: RecordType): number {
  return search.length > 0 ? BATCH_SEARCHED : filters.length > 0 ? BATCH_FILTERED : BATCH;
}
