/**
 * What filter fields of an object were once. Whoever may see records by the values of such fields (`where` of a grant)
 * hears of a record that leaves his view only if it is known that it was there.
 *
 * A value is noted when it goes away, with the sequence of the change that took it. A reader of the feed who has
 * passed that sequence has been told, so later changes of the record, in another's view, are none of his business.
 *
 * Of each field the newest {@link KEPT} are kept, and what has come since the object was last tidied up, which one
 * change in eight does: to look each time would make such a push dearer by half. Those before make way for one row that
 * stands for any value, up to the newest of their sequences. So nobody misses a record that he saw; but who is that far
 * behind may be told of one that he never saw, and so may who sees by several fields at once, of which each was right
 * at another time.
 */
import { and, eq, sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";
import type { Reader, Transaction } from "../store/store.ts";
import { NO_VALUE } from "./key.ts";

export interface FieldValue {
  field: string;
  /** As in the filter index; {@link ANY} stands for every one. */
  value: string;
}

export interface FormerValue extends FieldValue {
  sequence: number;
}

/** No value of the filter index is empty. */
export const ANY = "";
/** How many of each field, when it is tidied up. */
export const KEPT = 8;
/** So many objects are worked on before other requests have their turn. */
const BREATH = 250;

interface ObjectPlace {
  organisationId: number;
  object: string;
  key: string;
}

const formerOf = statement(({ db, t }, p: Params<ObjectPlace>) =>
  db
    .select({ field: t.formerFields.field, value: t.formerFields.value, sequence: t.formerFields.sequence })
    .from(t.formerFields)
    .where(
      and(
        eq(t.formerFields.organisationId, p.organisationId),
        eq(t.formerFields.object, p.object),
        eq(t.formerFields.key, p.key),
      ),
    ),
);

const putFormer = statement(({ db, t }, p: Params<ObjectPlace & FormerValue>) =>
  db
    .insert(t.formerFields)
    .values({
      organisationId: p.organisationId,
      object: p.object,
      key: p.key,
      field: p.field,
      value: p.value,
      sequence: p.sequence,
    })
    .onConflictDoUpdate({
      target: [
        t.formerFields.organisationId,
        t.formerFields.object,
        t.formerFields.key,
        t.formerFields.field,
        t.formerFields.value,
      ],
      set: { sequence: sql`excluded.sequence` },
    }),
);

const dropFormer = statement(({ db, t }, p: Params<ObjectPlace & FieldValue>) =>
  db
    .delete(t.formerFields)
    .where(
      and(
        eq(t.formerFields.organisationId, p.organisationId),
        eq(t.formerFields.object, p.object),
        eq(t.formerFields.key, p.key),
        eq(t.formerFields.field, p.field),
        eq(t.formerFields.value, p.value),
      ),
    ),
);

/** An object of whose fields some values went away with a change. */
export interface Left extends ObjectPlace {
  sequence: number;
  values: readonly FieldValue[];
}

/**
 * Whether the change with this sequence tidies its object up: about one in eight, spread so that no rhythm in which
 * objects change always misses it.
 */
const tidies = (sequence: number): boolean => Math.imul(sequence, 0x9e37_79b1) >>> 29 === 0;

/** Notes what went away. For the stage that gives out the sequences (`changes/service.ts`). */
export async function keepFormer(tx: Transaction, left: readonly Left[]): Promise<void> {
  for (let start = 0; start < left.length; start += BREATH) {
    if (start > 0) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(left.slice(start, start + BREATH).map((one) => keep(tx, one)));
  }
}

async function keep(tx: Transaction, { values, sequence, ...place }: Left): Promise<void> {
  // What no grant can name needs no memory.
  const gone = values.filter(({ value }) => value !== NO_VALUE).map((one) => ({ ...one, sequence }));
  if (gone.length === 0) return;
  const { put, drop } = tidies(sequence)
    ? bounded(await tx.run(formerOf, place), gone)
    : { put: gone, drop: [] };
  await Promise.all([
    ...drop.map(({ field, value }) => tx.run(dropFormer, { ...place, field, value })),
    ...put.map((row) => tx.run(putFormer, { ...place, ...row })),
  ]);
}

/** Which rows to write and which to remove, so that of each field no more than {@link KEPT} are left and a marker. */
export function bounded(
  known: readonly FormerValue[],
  gone: readonly FormerValue[],
): { put: FormerValue[]; drop: FormerValue[] } {
  const put: FormerValue[] = [];
  const drop: FormerValue[] = [];
  for (const [field, now] of Map.groupBy(gone, (one) => one.field)) {
    const values = new Map(
      [...known.filter((one) => one.field === field && one.value !== ANY), ...now].map((one) => [
        one.value,
        one,
      ]),
    );
    const all = [...values.values()].sort((a, b) => a.sequence - b.sequence);
    const surplus = all.splice(0, Math.max(0, all.length - KEPT));
    put.push(...all.filter((one) => now.includes(one)));
    drop.push(...surplus.filter((one) => !now.includes(one)));
    const newest = surplus.at(-1);
    if (newest) put.push({ field, value: ANY, sequence: newest.sequence });
  }
  return { put, drop };
}

/** The values that fields of an object had once and that went away after the sequence `after`. */
export async function formerValues(
  reader: Reader,
  place: ObjectPlace,
  after: number,
): Promise<FormerValue[]> {
  const rows = await reader.run(formerOf, place);
  return rows.filter(({ sequence }) => sequence > after);
}
