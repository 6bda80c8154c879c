/** Imports and exports over a database: a type with a parent, somebody who may do everything, and a runner. */
import type { Grant } from "../../src/grants/grant.ts";
import type { Principal } from "../../src/accounts/principal.ts";
import { BlobStore } from "../../src/blobs/store.ts";
import { systemClock } from "../../src/clock.ts";
import type { TypeConfig } from "../../src/config/types.ts";
import { ExportService } from "../../src/exports/service.ts";
import { type ImportOrder, ImportService } from "../../src/imports/service.ts";
import type { ShownOperation } from "../../src/operations/operation.ts";
import { OperationRunner } from "../../src/operations/runner.ts";
import { OperationService } from "../../src/operations/service.ts";
import { RecordService } from "../../src/records/service.ts";
import { TypeRegistry } from "../../src/records/types.ts";
import { until } from "./nodes.ts";
import type { Rooms } from "./rooms.ts";

const base = { parent: null, public: [], filters: [], description: "" };

const TYPES: Record<string, TypeConfig> = {
  institutes: {
    ...base,
    name: "institutes",
    object: "institute",
    key: "integer",
    schema: { type: "object" },
  },
  trainings: {
    ...base,
    ...{ name: "trainings", object: "training", key: "integer" },
    parent: { type: "institutes", field: "institute_id" },
    filters: ["institute_id", "city"],
    schema: {
      type: "object",
      required: ["name"],
      additionalProperties: false,
      properties: {
        name: { type: "string", minLength: 1 },
        institute_id: { type: "integer" },
        city: { type: "string" },
        price: { type: ["number", "null"] },
      },
    },
  },
};

export const ORDER: ImportOrder = {
  ...{ format: "ndjson", mode: "upsert", onError: "stop", parent: undefined },
  ...{ encoding: null, delimiter: null, map: {} },
};

export interface FileHouseOptions {
  unpacked?: number;
  size?: number;
}

export function fileHouse(rooms: Rooms, { unpacked = 2 ** 30, size = 2 ** 30 }: FileHouseOptions = {}) {
  const { store, feed, audit } = rooms;
  // Files are packed on threads: time goes on by itself.
  const clock = systemClock;
  const types = new TypeRegistry(TYPES);
  const operations = new OperationService({ store, clock, audit });
  const records = new RecordService({ store, feed, clock });
  const blobs = new BlobStore({ store, clock, longestWrite: 60_000 });
  const room = { store, clock, feed, types, operations, records, blobs };
  const imports = new ImportService({ ...room, size, unpacked });
  const exports = new ExportService({ ...room, size: 2 ** 30, keep: 60_000 });
  const errors: unknown[] = [];
  const log = { error: (_: string, fields?: unknown) => void errors.push(fields) };
  const runner = () => new OperationRunner({ store, clock, operations, log });
  const principal = (grants: readonly Grant[] = [{ resource: "*", actions: ["*"] }]): Principal => ({
    organisation: { id: rooms.mine.id, code: "mine", name: "mine" },
    subject: {
      kind: "account",
      id: rooms.mine.account.id,
      clientId: rooms.mine.account.clientId,
      name: "ERP",
    },
    grants,
  });
  const trainings = types.find("trainings");
  const institutes = types.find("institutes");
  if (!trainings || !institutes) throw new Error("the types are not there");
  const start = (file: Uint8Array | string, order: Partial<ImportOrder> = {}, who = principal()) =>
    imports.start(who, rooms.mine.by, trainings, { ...ORDER, ...order }, pieces(file));
  const ended = async (id: string): Promise<ShownOperation> => {
    const get = () => operations.get(rooms.mine.id, id, "all");
    await until(`operation ${id} ends`, async () => (await get()).status !== "IN_PROGRESS");
    return await get();
  };
  const followed = async (started: Promise<ShownOperation>): Promise<ShownOperation> => {
    const { id } = await started;
    const running = runner();
    await running.start();
    try {
      return await ended(id);
    } finally {
      await running.stop();
    }
  };
  return {
    ...{
      ...room,
      imports,
      exports,
      runner,
      principal,
      trainings,
      institutes,
      start,
      ended,
      followed,
      errors,
    },
    /** Imports a file to its end. */
    run: (...given: Parameters<typeof start>) => followed(start(...given)),
    refusals: async (id: string) =>
      (await imports.errors(id)()).map(({ line, field, message }) => [line, field, message]),
    all: async () => {
      const rows = await store.read((reader) =>
        reader.query(({ db, t }) => db.select().from(t.records).orderBy(t.records.key)),
      );
      const mine = rows.filter(
        ({ organisationId, type }) => organisationId === rooms.mine.id && type === "trainings",
      );
      return mine.map(({ key, data }): [string, Record<string, unknown>] => [
        key.replace(/^[a-p]/, ""),
        JSON.parse(data) as Record<string, unknown>,
      ]);
    },
    changes: async () => {
      const topics = types.all.flatMap((type) => Object.values(type.topics));
      const query = { organisationId: rooms.mine.id, topics, after: rooms.mine.head, limit: 500 };
      const { rows } = await store.read((reader) => feed.page(reader, query));
      return rows.map(({ topic, key }) => `${topic} ${key.replace(/^[a-p]/, "")}`);
    },
  };
}

/** A file as it comes over the network. */
async function* pieces(file: Uint8Array | string): AsyncGenerator<Uint8Array> {
  const bytes = typeof file === "string" ? Buffer.from(file) : file;
  for (let from = 0; from < bytes.byteLength; from += 1_000) yield bytes.subarray(from, from + 1_000);
}

/** Lines of JSON. */
export const ndjson = (rows: readonly unknown[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");
