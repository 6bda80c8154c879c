/** The statements of `delivery_terms`: what deliveries are about. */
import { and, desc, eq, gt, lt, lte, type SQL, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Statement, statement } from "../store/statement.ts";
import type { Transaction } from "../store/store.ts";

export type Term = Tables["deliveryTerms"]["$inferSelect"];

/** The parameters of a statement of several rows, by names that are made. */
type Values = Record<string, string | number>;

/** How many rows a statement takes: preparing one for each number would take more than it saves. */
const SIZES = [100, 20, 5, 2, 1] as const;

const COLUMNS = ["organisationId", "run", "term", "deliveryId"] as const satisfies readonly (keyof Term)[];

/** The placeholders of row number `index`. */
const place = (p: Params<Values>, column: string, index: number): SQL => sql`${p[`${column}${index}`]}`;

const inserts = SIZES.map((size) => ({
  size,
  run: statement(({ db, t }, p: Params<Values>) =>
    db
      .insert(t.deliveryTerms)
      .values(
        Array.from({ length: size }, (_, index) => ({
          organisationId: place(p, "organisationId", index),
          run: place(p, "run", index),
          term: place(p, "term", index),
          deliveryId: place(p, "deliveryId", index),
        })),
      )
      .onConflictDoNothing(),
  ),
}));

const deletes = SIZES.map((size) => ({
  size,
  run: statement(({ db, t }, p: Params<Values>) => {
    const { organisationId, run, term, deliveryId } = t.deliveryTerms;
    // PostgreSQL takes a list's parameters for text.
    const row = (at: number) => sql`(cast(${place(p, "organisationId", at)} as bigint),
      cast(${place(p, "run", at)} as bigint), ${place(p, "term", at)}, ${place(p, "deliveryId", at)})`;
    const rows = Array.from({ length: size }, (_, index) => row(index));
    return db
      .delete(t.deliveryTerms)
      .where(sql`(${organisationId}, ${run}, ${term}, ${deliveryId}) in (values ${sql.join(rows, sql`, `)})`);
  }),
}));

async function inSizes(
  tx: Transaction,
  statements: readonly { size: number; run: Statement<Values, unknown> }[],
  rows: readonly Term[],
): Promise<void> {
  const running: Promise<unknown>[] = [];
  let at = 0;
  for (const { size, run } of statements) {
    for (; rows.length - at >= size; at += size) {
      const values: Values = {};
      rows.slice(at, at + size).forEach((row, index) => {
        for (const column of COLUMNS) values[`${column}${index}`] = row[column];
      });
      running.push(tx.run(run, values));
    }
  }
  await Promise.all(running);
}

export const insertTerms = (tx: Transaction, rows: readonly Term[]): Promise<void> =>
  inSizes(tx, inserts, rows);

export const deleteTerms = (tx: Transaction, rows: readonly Term[]): Promise<void> =>
  inSizes(tx, deletes, rows);

/** The run that a delivery of this time is in. */
export const termRun = statement(({ db, t }, p: Params<{ organisationId: number; time: number }>) =>
  db
    .select({ run: t.deliveryTerms.run })
    .from(t.deliveryTerms)
    .where(and(eq(t.deliveryTerms.organisationId, p.organisationId), lte(t.deliveryTerms.run, p.time)))
    .orderBy(desc(t.deliveryTerms.organisationId), desc(t.deliveryTerms.run))
    .limit(1),
);

/** The newest run before another. */
export const runBefore = statement(({ db, t }, p: Params<{ organisationId: number; run: number }>) =>
  db
    .select({ run: t.deliveryTerms.run })
    .from(t.deliveryTerms)
    .where(and(eq(t.deliveryTerms.organisationId, p.organisationId), lt(t.deliveryTerms.run, p.run)))
    .orderBy(desc(t.deliveryTerms.organisationId), desc(t.deliveryTerms.run))
    .limit(1),
);

interface TermPage {
  organisationId: number;
  run: number;
  term: string;
  /** Ids from (included) and to (excluded). */
  from: string;
  to: string;
  limit: number;
}

/** Deliveries with a term, newest first, of one run. Bounds name all columns of the key: planners see one stretch. */
export const deliveriesWithTerm = statement(({ db, t }, p: Params<TermPage>) => {
  const { organisationId, run, term, deliveryId } = t.deliveryTerms;
  const key = sql`(${organisationId}, ${run}, ${term}, ${deliveryId})`;
  return db
    .select({ id: deliveryId })
    .from(t.deliveryTerms)
    .where(
      sql`${key} >= (${p.organisationId}, ${p.run}, ${p.term}, ${p.from})
        and ${key} < (${p.organisationId}, ${p.run}, ${p.term}, ${p.to})`,
    )
    .orderBy(desc(organisationId), desc(run), desc(term), desc(deliveryId))
    .limit(p.limit);
});

/** The first term of a run after another: from one topic to the next, past all of its deliveries. */
export const nextTerm = statement(
  ({ db, t }, p: Params<{ organisationId: number; run: number; after: string; before: string }>) =>
    db
      .select({ term: t.deliveryTerms.term })
      .from(t.deliveryTerms)
      .where(
        and(
          eq(t.deliveryTerms.organisationId, p.organisationId),
          eq(t.deliveryTerms.run, p.run),
          gt(t.deliveryTerms.term, p.after),
          lt(t.deliveryTerms.term, p.before),
        ),
      )
      .orderBy(t.deliveryTerms.organisationId, t.deliveryTerms.run, t.deliveryTerms.term)
      .limit(1),
);
