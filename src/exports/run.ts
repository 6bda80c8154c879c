/**
 * An export under way. The file is written in parts, each packed for itself and stored in the transaction with the
 * checkpoint that says what is in it: gzip members and zstd frames behind each other are one file (RFC 1952, 2.2;
 * RFC 8878, 3.1). So an export goes on where it was, whatever dies.
 */
import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";

import { stringify } from "csv-stringify/sync";

import type { BlobStore } from "../blobs/store.ts";
import type { Clock } from "../clock.ts";
import { type Fields, shows, type View } from "../grants/view.ts";
import { cell } from "../http/export.ts";
import type { OperationContext, OperationOutcome } from "../operations/operation.ts";
import { Problem } from "../problem.ts";
import { clausesOf } from "../records/condition.ts";
import { decodeId } from "../records/key.ts";
import { listRecords, type ListRow } from "../records/list.ts";
import { dataJson, recordJson } from "../records/representation.ts";
import { demandView } from "../records/rights.ts";
import { csvColumns, fieldsOf } from "../records/stream.ts";
import type { RecordType, TypeRegistry } from "../records/types.ts";
import type { Store } from "../store/store.ts";
import type { ExportInput } from "./input.ts";

export interface ExportCollaborators {
  store: Store;
  clock: Clock;
  types: TypeRegistry;
  blobs: BlobStore;
  /** The most bytes of a file, before it is packed. */
  size: number;
  /** How long it can be fetched, ms. */
  keep: number;
}

/** Records that are read at once: 1 to 2 ms. */
const PAGE = 250;
/** Bytes of a part, before it is packed. */
const PART = 2 * 2 ** 20;
/** What is stored goes later than it is said to: whoever begins to fetch it in time gets all of it. */
const DAY = 24 * 3_600_000;

const packGzip = promisify(gzip);
const packZstd = promisify(zstdCompress);

interface Position {
  /** Parts that are stored. */
  parts: number;
  /** The key of the last record in them. */
  after: string;
  records: number;
  /** Before packing. */
  bytes: number;
}

/** What is to be stored next. */
interface Part {
  text: string[];
  /** Before packing. */
  bytes: number;
  rows: number;
  after: string;
  last: boolean;
}

const START: Position = { parts: 0, after: "", records: 0, bytes: 0 };

export class ExportRun {
  readonly #o: ExportCollaborators;
  readonly #context: OperationContext;
  readonly #input: ExportInput;
  readonly #type: RecordType;
  readonly #view: View;
  readonly #columns: string[];

  /** @throws Problem where the type is gone, Forbidden */
  constructor(collaborators: ExportCollaborators, context: OperationContext) {
    this.#o = collaborators;
    this.#context = context;
    // As `service.ts` has stored it.
    this.#input = context.input as unknown as ExportInput;
    const type = collaborators.types.find(this.#input.type);
    if (!type) throw new Problem("conflict", `There is no type ${this.#input.type} any more.`);
    this.#type = type;
    this.#view = demandView({ ...this.#input.by }, type, "read");
    const wanted = this.#input.fields;
    const all = csvColumns(type, this.#view.fields);
    this.#columns =
      wanted === null
        ? all
        : ["id", ...wanted.filter((field) => field !== "id" && shows(this.#view.fields, field))];
  }

  async run(): Promise<OperationOutcome> {
    const { signal, position } = this.#context;
    let at: Position = { ...START, ...(position as Partial<Position>) };
    for (let last = false; !last && !signal.aborted;) {
      const part = await this.#part(at);
      if (signal.aborted) break;
      at = await this.#store(at, part);
      ({ last } = part);
    }
    if (signal.aborted) return { message: "" };
    const until = new Date(this.#o.clock.now() + this.#o.keep).toISOString();
    return {
      status: "SUCCESS",
      message: `${at.records === 1 ? "1 record" : `${at.records} records`} can be fetched until ${until}.`,
      result: {
        ...{ records: at.records, parts: at.parts, bytes: at.bytes, expires_at: until },
        path: `/api/v1/operations/${this.#context.id}/file`,
      },
    };
  }

  async #part(at: Position): Promise<Part> {
    const csv = this.#input.format === "csv";
    const text: string[] = csv && at.parts === 0 ? [stringify([this.#columns])] : [];
    let bytes = text.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
    let { after } = at;
    let rows = 0;
    while (bytes < PART && !this.#context.signal.aborted) {
      const found = await this.#page(after);
      const piece = csv
        ? stringify(found.map((record) => this.#cells(record)))
        : found.map((record) => `${this.#line(record)}\n`).join("");
      text.push(piece);
      bytes += Buffer.byteLength(piece);
      rows += found.length;
      after = found.at(-1)?.key ?? after;
      this.#context.note(at.records + rows, this.#context.total);
      if (found.length < PAGE) return { text, bytes, rows, after, last: true };
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { text, bytes, rows, after, last: false };
  }

  async #store(at: Position, { text, bytes, rows, after, last }: Part): Promise<Position> {
    const { store, blobs, clock, keep, size } = this.#o;
    const { id, organisationId, total } = this.#context;
    if (at.bytes + bytes > size) {
      throw new Problem(
        "too_large",
        `The file is larger than ${size} bytes (setting operations.export_size).`,
      );
    }
    const packed = await pack(Buffer.from(text.join("")), this.#input.packing);
    // What a run before this one has begun and not said would stand behind it.
    const part = partOf(id, at.parts);
    if (await blobs.find(part)) await blobs.remove(part);
    const writer = blobs.writer(organisationId, part);
    writer.push(packed);
    await writer.drain();
    const next: Position = {
      ...{ parts: at.parts + 1, after, records: at.records + rows },
      bytes: at.bytes + bytes,
    };
    await store.write(async (tx) => {
      await writer.settle(tx, clock.now() + keep + DAY);
      await this.#context.progress(next.records, last ? next.records : total, { ...next }, tx);
    });
    return next;
  }

  #page(after: string): Promise<ListRow[]> {
    const { filters, modifiedSince, by } = this.#input;
    const clauses = clausesOf(
      this.#view,
      filters.map(({ field }) => field),
    );
    return this.#o.store.read((reader) =>
      listRecords(reader, {
        ...{
          organisationId: by.organisation.id,
          type: this.#type.name,
          order: { by: "id" },
          descending: false,
        },
        ...{ filters, clauses, modifiedSince: modifiedSince ?? undefined, limit: PAGE },
        after: after === "" ? undefined : { value: after, key: after },
      }),
    );
  }

  #fields(record: ListRow): Fields {
    const seen = fieldsOf(this.#view, record);
    const { fields } = this.#input;
    return fields === null ? seen : new Set(fields.filter((field) => shows(seen, field)));
  }

  #line(record: ListRow): string {
    return recordJson(this.#type, record, this.#fields(record));
  }

  #cells(record: ListRow): string[] {
    const data = JSON.parse(dataJson(record.data, this.#fields(record))) as Record<string, unknown>;
    return this.#columns.map((column) => {
      if (column === "id") return cell(decodeId(this.#type.key, record.key));
      if (column === "_created_at") return new Date(record.createdAt).toISOString();
      if (column === "_modified_at") return new Date(record.modifiedAt).toISOString();
      return cell(data[column]);
    });
  }
}

/** What comes plain is stored packed all the same: it is a tenth, and unpacked when it is fetched. */
function pack(bytes: Uint8Array, packing: ExportInput["packing"]): Promise<Uint8Array> {
  return packing === "gzip" ? packGzip(bytes, { level: 6 }) : packZstd(bytes);
}

export const partOf = (operationId: string, number: number): string => `export:${operationId}:${number}`;
