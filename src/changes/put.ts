/** What the changes of a transaction become in the feed: merged, numbered and written, last thing before it commits. */
import { keepFormer } from "../records/former.ts";
import { chunksBySize, chunksOfMany, ofSize } from "../store/many.ts";
import type { Transaction } from "../store/store.ts";
import { keepChangeTrace } from "../tracing/deliveries.ts";
import { putAlike, putChange, putChanges, takeSequences } from "./queries.ts";
import type { ManyChanges, NewChange } from "./service.ts";

/** @param items  of this organisation, in the order in which they came about */
export async function putChangesOf(
  tx: Transaction,
  organisationId: number,
  items: readonly (NewChange | ManyChanges)[],
): Promise<void> {
  const [only] = items;
  // An import's batch, mostly: nothing to merge.
  if (items.length === 1 && only && "rows" in only) return await putMany(tx, only);
  const merged = [...latest(items.flatMap(singly)).values()];
  const first = await take(tx, organisationId, merged.length);
  await putAll(tx, organisationId, merged, first);
  const left = merged.flatMap(({ object, key, left: values }, index) =>
    values ? [{ organisationId, object, key, values, sequence: first + index }] : [],
  );
  if (left.length > 0) await keepFormer(tx, left);
  for (const [index, { trace, at }] of merged.entries()) {
    if (trace) await keepChangeTrace(tx, { organisationId, sequence: first + index, trace, at });
  }
}

/** @returns the first of `count` sequences */
async function take(tx: Transaction, organisationId: number, count: number): Promise<number> {
  const [feed] = await tx.run(takeSequences, { organisationId, count });
  if (!feed) throw new Error(`organisation ${organisationId} has no feed`);
  return feed.sequence - count + 1;
}

async function putMany(tx: Transaction, { rows, trace, ...shared }: ManyChanges): Promise<void> {
  const { organisationId, at } = shared;
  const first = await take(tx, organisationId, rows.length);
  const { chunks, rest } = chunksOfMany(rows);
  let sequence = first;
  const puts: Promise<unknown>[] = [];
  for (const chunk of chunks) {
    puts.push(tx.run(putAlike, { ...shared, first: sequence, rows: chunk }));
    sequence += chunk.length;
  }
  for (const { key } of rest) puts.push(tx.run(putChange, { ...shared, key, sequence: sequence++ }));
  await Promise.all(puts);
  if (!trace) return;
  for (let index = 0; index < rows.length; index++) {
    await keepChangeTrace(tx, { organisationId, sequence: first + index, trace, at });
  }
}

function singly(item: NewChange | ManyChanges): NewChange[] {
  if (!("rows" in item)) return [item];
  const { rows, ...shared } = item;
  return rows.map(({ key }) => ({ ...shared, key }));
}

/** Their objects are all different, so their round trips may overlap. @param first  the sequence of the first one */
async function putAll(
  tx: Transaction,
  organisationId: number,
  changes: readonly NewChange[],
  first: number,
): Promise<void> {
  const rows = changes.map(({ topic, object, key, action, at, subject, actor }, index) => {
    return { object, key, topic, action, sequence: first + index, at, subject, actor };
  });
  const { chunks, rest } = chunksBySize(rows);
  await Promise.all([
    ...chunks.map((chunk) => tx.run(ofSize(putChanges, chunk), { organisationId, rows: chunk })),
    ...rest.map((row) => tx.run(putChange, { organisationId, ...row })),
  ]);
}

/** One change per object, the last one with what all of them took away, in the order of the last ones. */
function latest(changes: readonly NewChange[]): Map<string, NewChange> {
  const merged = new Map<string, NewChange>();
  for (const change of changes) {
    const id = `${change.object}/${change.key}`;
    const before = merged.get(id)?.left;
    merged.delete(id);
    merged.set(id, before ? { ...change, left: [...before, ...(change.left ?? [])] } : change);
  }
  return merged;
}
