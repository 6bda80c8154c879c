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

/** Calls `run` for pieces of a list, each of one of {@link SIZES}. */
async function inSizes<T>(
  tx: Transaction,
  statements: readonly { size: number; run: Statement<Values, unknown> }[],
  list: readonly T[],
  values: (piece: readonly T[]) => Values,
): Promise<void> {
  const running: Promise<unknown>[] = [];
  let at = 0;
  for (const { size, run } of statements) {
    for (; list.length - at >= size; at += size) running.push(tx.run(run, values(list.slice(at, at + size))));
  }
  await Promise.all(running);
}

const inserts = SIZES.map((size) => ({
  size,
  run: statement(({ db, t }, p: Params<Values>) =>
    db
      .insert(t.deliveryTerms)
      .values(
        Array.from({ length: size }, (_, index) => ({
          organisationId: sql`${p[`organisation${index}`]}`,
          run: sql`${p[`run${index}`]}`,
          term: sql`${p[`term${index}`]}`,
          deliveryId: sql`${p[`delivery${index}`]}`,
        })),
      )
      .onConflictDoNothing(),
  ),
}));

export function insertTerms(tx: Transaction, rows: readonly Term[]): Promise<void> {
  return inSizes(tx, inserts, rows, (piece) => {
    const values: Values = {};
    piece.forEach((row, index) => {
      values[`organisation${index}`] = row.organisationId;
      values[`run${index}`] = row.run;
      values[`term${index}`] = row.term;
      values[`delivery${index}`] = row.deliveryId;
    });
    return values;
  });
}

const deletes = SIZES.map((size) => ({
  size,
  run: statement(({ db, t }, p: Params<Values>) => {
    const terms = Array.from({ length: size }, (_, index) => sql`${p[`term${index}`]}`);
    return db
      .delete(t.deliveryTerms)
      .where(
        and(
          eq(t.deliveryTerms.organisationId, sql`${p["organisationId"]}`),
          eq(t.deliveryTerms.run, sql`${p["run"]}`),
          sql`${t.deliveryTerms.term} in (${sql.join(terms, sql`, `)})`,
          eq(t.deliveryTerms.deliveryId, sql`${p["deliveryId"]}`),
        ),
      );
  }),
}));

/** Removes terms of a delivery. */
export function deleteTerms(
  tx: Transaction,
  delivery: Omit<Term, "term">,
  terms: readonly string[],
): Promise<void> {
  return inSizes(tx, deletes, terms, (piece) => ({
    ...delivery,
    ...Object.fromEntries(piece.map((term, index) => [`term${index}`, term])),
  }));
}

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

interface Walk {
  organisationId: number;
  /** Runs before this one, */
  run: number;
  /** as far back as the first that began at this time or earlier, */
  since: number;
  /** or after so many. */
  steps: number;
  /** The terms sought are from `low` to `high` (both included). */
  low: string;
  high: string;
}

/**
 * Goes back from run to run until one has a term that is sought: the last one gone to, how many were, and whether it has
 * one. In one statement, because a rare topic is in one of many runs, and each statement costs as much as twenty steps.
 */
export const walkRuns = statement(({ db, t }, p: Params<Walk>) => {
  const { deliveryTerms } = t;
  const { organisationId, run, term } = deliveryTerms;
  const before = (bound: SQL) =>
    sql`select max(${run}) from ${deliveryTerms} where ${organisationId} = ${p.organisationId} and ${run} < ${bound}`;
  const has = (
    at: SQL,
  ) => sql`exists (select 1 from ${deliveryTerms} where ${organisationId} = ${p.organisationId}
    and ${run} = ${at} and ${term} between ${p.low} and ${p.high})`;
  const walked = sql`with recursive walked (run, steps) as (
      select (${before(sql`${p.run}`)}), 1
      union all
      select (${before(sql`walked.run`)}), walked.steps + 1 from walked
      where walked.run > ${p.since} and walked.steps < ${p.steps} and not ${has(sql`walked.run`)}
    )
    select walked.run, walked.steps from walked where walked.run is not null order by walked.steps desc limit 1`;
  return db
    .select({
      run: sql<number>`gone.run`.mapWith(Number),
      steps: sql<number>`gone.steps`.mapWith(Number),
      found: sql<boolean>`${has(sql`gone.run`)}`.mapWith(Boolean),
    })
    .from(sql`(${walked}) as gone`);
});

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
