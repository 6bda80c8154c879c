/**
 * Brings the filter index in line with the types' `filters` before the server listens: a field that the YAML has
 * gained is indexed for the records that are there, one that it has lost is dropped.
 */
import type { Logger } from "../log.ts";
import type { Organisation } from "../accounts/principal.ts";
import type { Store } from "../store/store.ts";
import { encodeValue } from "./key.ts";
import { listRecords } from "./list.ts";
import { dropFieldRows, indexedFields, insertFieldOnce, markIndexed, unmarkIndexed } from "./queries.ts";
import { reindexWords } from "./reindex-words.ts";
import type { RecordType, TypeRegistry } from "./types.ts";

const CHUNK = 500;

export interface ReindexDependencies {
  store: Store;
  types: TypeRegistry;
  log: Logger;
  organisations: { all(): Promise<Organisation[]> };
}

/** The filter index and the word index. */
export async function reindex(deps: ReindexDependencies): Promise<void> {
  await reindexFilters(deps);
  await reindexWords(deps);
}

async function reindexFilters(deps: ReindexDependencies): Promise<void> {
  const { store, types, log } = deps;
  const marked = await store.read((reader) => reader.run(indexedFields, {}));
  const isMarked = (type: string, field: string) =>
    marked.some((mark) => mark.type === type && mark.field === field);
  const gone = marked.filter(({ type, field }) => !types.find(type)?.filters.includes(field));
  const added = types.all
    .map((type) => ({ type, fields: type.filters.filter((field) => !isMarked(type.name, field)) }))
    .filter(({ fields }) => fields.length > 0);
  if (gone.length === 0 && added.length === 0) return;

  const organisations = await deps.organisations.all();
  for (const { type, field } of gone) {
    await store.write((tx) => tx.run(unmarkIndexed, { type, field }));
    for (const { id } of organisations) await drop(store, id, type, field);
  }
  for (const { type, fields } of added) {
    let records = 0;
    for (const { id } of organisations) records += await index(store, id, type, fields);
    await store.write((tx) =>
      Promise.all(fields.map((field) => tx.run(markIndexed, { type: type.name, field }))),
    );
    if (records > 0) log.info("filters indexed", { type: type.name, fields, records });
  }
}

async function drop(store: Store, organisationId: number, type: string, field: string): Promise<void> {
  for (;;) {
    const place = { organisationId, type, field, limit: CHUNK };
    const removed = await store.write((tx) => tx.run(dropFieldRows, place));
    if (removed.length === 0) return;
  }
}

/** @returns how many records there were */
async function index(
  store: Store,
  organisationId: number,
  type: RecordType,
  fields: readonly string[],
): Promise<number> {
  let after: { value: string; key: string } | undefined;
  for (let count = 0; ;) {
    const rows = await store.read((reader) =>
      listRecords(reader, {
        organisationId,
        type: type.name,
        order: { by: "id" },
        descending: false,
        filters: [],
        modifiedSince: undefined,
        after,
        limit: CHUNK,
      }),
    );
    const last = rows.at(-1);
    if (!last) return count;
    await store.write((tx) =>
      Promise.all(
        rows.flatMap(({ key, data }) => {
          const record = JSON.parse(data) as Record<string, unknown>;
          return fields.map((field) =>
            tx.run(insertFieldOnce, {
              organisationId,
              type: type.name,
              field,
              value: encodeValue(record[field]),
              key,
            }),
          );
        }),
      ),
    );
    count += rows.length;
    after = { value: last.key, key: last.key };
  }
}
