/**
 * Brings the word index in line with the YAML before the server listens: a type whose `search` or `filters` have
 * changed is indexed anew, one that has no `search` any more is forgotten.
 */
import { eq } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";
import type { Store } from "../store/store.ts";
import type { JsonObject } from "./input.ts";
import { listRecords } from "./list.ts";
import { forgetSome, indexWords } from "./search-index.ts";
import { indexedBy } from "./search-terms.ts";
import type { ReindexDependencies } from "./reindex.ts";
import type { RecordType } from "./types.ts";

const CHUNK = 500;

const indexedTypes = statement(({ db, t }) => db.select().from(t.searchTypes));

const unmark = statement(({ db, t }, p: Params<{ type: string }>) =>
  db.delete(t.searchTypes).where(eq(t.searchTypes.type, p.type)),
);

const mark = statement(({ db, t }, p: Params<{ type: string; indexed: string }>) =>
  db
    .insert(t.searchTypes)
    .values({ type: p.type, indexed: p.indexed })
    // Another node may have done the same.
    .onConflictDoNothing(),
);

export async function reindexWords({ store, types, log, organisations }: ReindexDependencies): Promise<void> {
  const searched = types.all.filter(({ search }) => search.length > 0);
  const marked = await store.read((reader) => reader.run(indexedTypes, {}));
  const stale = marked.filter(({ type, indexed }) => {
    const now = searched.find(({ name }) => name === type);
    return !now || indexedBy(now) !== indexed;
  });
  const missing = searched.filter(
    ({ name }) => !marked.some(({ type }) => type === name) || stale.some(({ type }) => type === name),
  );
  if (stale.length === 0 && missing.length === 0) return;

  const all = await organisations.all();
  // What an earlier start began and did not end is there without a mark.
  for (const type of new Set([...stale.map(({ type }) => type), ...missing.map(({ name }) => name)])) {
    await store.write((tx) => tx.run(unmark, { type }));
    for (const { id: organisationId } of all) await forget(store, organisationId, type);
  }
  for (const type of missing) {
    let records = 0;
    for (const { id } of all) records += await index(store, id, type);
    await store.write((tx) => tx.run(mark, { type: type.name, indexed: indexedBy(type) }));
    if (records > 0) log.info("words indexed", { type: type.name, fields: type.search, records });
  }
}

async function forget(store: Store, organisationId: number, type: string): Promise<void> {
  while ((await store.write((tx) => forgetSome(tx, { organisationId, type, limit: CHUNK }))) > 0);
}

/** @returns how many records there were */
async function index(store: Store, organisationId: number, type: RecordType): Promise<number> {
  let after: { value: string; key: string } | undefined;
  for (let count = 0; ;) {
    const rows = await store.read((reader) =>
      listRecords(reader, {
        ...{ organisationId, type: type.name, order: { by: "id" }, descending: false, filters: [] },
        ...{ modifiedSince: undefined, after, limit: CHUNK },
      }),
    );
    const last = rows.at(-1);
    if (!last) return count;
    await store.write((tx) =>
      Promise.all(
        rows.map(({ key, data }) => {
          const place = { organisationId, type: type.name, key };
          return indexWords(tx, type, place, {}, JSON.parse(data) as JsonObject);
        }),
      ),
    );
    count += rows.length;
    after = { value: last.key, key: last.key };
  }
}
