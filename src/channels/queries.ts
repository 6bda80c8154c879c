/** The statements of publications. */
import { and, desc, eq, inArray, lt, or, type SQL, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export type PublicationRow = Tables["publications"]["$inferSelect"];
export type PublicationAttemptRow = Tables["publicationAttempts"]["$inferSelect"];

export function insertPublications(rows: readonly PublicationRow[]) {
  return ({ db, t }: Room) => db.insert(t.publications).values([...rows]);
}

/** Takes up to `limit` that are due at a channel, for this try alone until `lease`. */
export const claimPublications = statement(
  (
    { db, t, skipLocked },
    p: Params<{
      channel: string;
      now: number;
      lease: number;
      node: number | null;
      run: string;
      limit: number;
    }>,
  ) => {
    const due = sql`(select id from publications where channel = ${p.channel} and next_attempt_at <= ${p.now}
      order by next_attempt_at, id limit ${p.limit}${skipLocked})`;
    return db
      .update(t.publications)
      .set({
        run: sql`${p.run}`,
        nextAttemptAt: sql`${p.lease}`,
        node: sql`${p.node}`,
        // Of one that an answer waited for, the try was counted when it was begun.
        attempts: sql`${t.publications.attempts} + case when ${t.publications.waits} then 0 else 1 end`,
      })
      .where(sql`${t.publications.id} in ${due}`)
      .returning();
  },
);

export const nextPublication = statement(({ db, t }, p: Params<{ channel: string }>) =>
  db
    .select({ at: t.publications.nextAttemptAt })
    .from(t.publications)
    .where(and(eq(t.publications.channel, p.channel), sql`next_attempt_at is not null`))
    .orderBy(t.publications.nextAttemptAt)
    .limit(1),
);

/** Makes due what a process that died was trying; only where no other process can be trying any. */
export const releasePublications = statement(({ db, t }, p: Params<{ now: number }>) =>
  db
    .update(t.publications)
    .set({ run: null, nextAttemptAt: sql`${p.now}` })
    .where(sql`run is not null and next_attempt_at is not null and not waits`),
);

/** Constants, by which the partial index is recognised. What was ended by another (its message is removed) is not tried. */
const tried = sql`node is not null and next_attempt_at is not null`;

/** The numbers of servers whose queues are trying any: see `nodes/watch.ts`. */
export const publishingNodes = statement(({ db, t }) =>
  db.selectDistinct({ node: t.publications.node }).from(t.publications).where(tried),
);

/** Makes due what the queues of these servers were trying. */
export function releasePublicationsOf(nodes: readonly number[], now: number) {
  return ({ db, t }: Room) =>
    db
      .update(t.publications)
      .set({ run: null, nextAttemptAt: now, node: null })
      .where(and(tried, inArray(t.publications.node, [...nodes])))
      .returning({ id: t.publications.id });
}

/** What a server is trying it goes on with; only time ends its leases. */
export function unnamePublications(node: number) {
  return ({ db, t }: Room) =>
    db
      .update(t.publications)
      .set({ node: null })
      .where(and(tried, eq(t.publications.node, node)));
}

/** What a process that died was trying; `before`: of those whose lease ends before that time. */
export const abandonedPublications = statement(({ db, t }, p: Params<{ before: number }>) =>
  db
    .select()
    .from(t.publications)
    .where(sql`next_attempt_at is not null and run is not null and next_attempt_at < ${p.before}`),
);

type Ended = Pick<
  PublicationRow,
  "state" | "changedAt" | "nextAttemptAt" | "externalId" | "statusCode" | "error" | "detail"
>;

/** What a try came to; returns nothing where it is another's by now. */
export function endTry(id: string, run: string, columns: Ended) {
  return ({ db, t }: Room) =>
    endWhere(db, t, columns, and(eq(t.publications.id, id), eq(t.publications.run, run)));
}

/**
 * The same of one that an answer waits for: also where another process took this one for dead, and settled it as
 * unknown. Nothing where it is sent again by now.
 */
export function endAwaited(id: string, run: string, columns: Ended) {
  return ({ db, t }: Room) => {
    const open = or(eq(t.publications.run, run), sql`state = 'unknown' and next_attempt_at is null`);
    return endWhere(db, t, columns, and(eq(t.publications.id, id), open));
  };
}

function endWhere(db: Room["db"], t: Tables, columns: Ended, where: SQL | undefined) {
  return db
    .update(t.publications)
    .set({ ...columns, run: null, node: null })
    .where(where)
    .returning({ id: t.publications.id });
}

/** Puts off the end of leases that are still there: of those that an answer waits for, the run is the id. */
export function renewPublications(ids: readonly string[], until: number) {
  return ({ db, t }: Room) =>
    db
      .update(t.publications)
      .set({ nextAttemptAt: until })
      .where(and(inArray(t.publications.id, [...ids]), sql`run = id and next_attempt_at is not null`));
}

export const insertPublicationAttempt = statement(({ db, t }, p: Params<PublicationAttemptRow>) =>
  db
    .insert(t.publicationAttempts)
    .values({
      publicationId: p.publicationId,
      number: p.number,
      at: p.at,
      durationMs: p.durationMs,
      statusCode: p.statusCode,
      error: p.error,
      detail: p.detail,
    })
    .onConflictDoNothing(),
);

/** Of messages that are removed: nothing more is sent of them. One that is under way may still succeed, and says so. */
export function endPublications(messageIds: readonly string[], now: number) {
  return ({ db, t }: Room) =>
    db
      .update(t.publications)
      .set({ state: "failed", error: "removed", detail: null, changedAt: now, nextAttemptAt: null })
      .where(and(inArray(t.publications.messageId, [...messageIds]), sql`next_attempt_at is not null`));
}

/** In order of their making. */
export function publicationsOf(messageIds: readonly string[]) {
  return ({ db, t }: Room) =>
    db
      .select()
      .from(t.publications)
      .where(inArray(t.publications.messageId, [...messageIds]))
      .orderBy(t.publications.id);
}

export interface PublicationFilter {
  channel?: string | undefined;
  state?: PublicationRow["state"] | undefined;
  message?: string | undefined;
}

/** Newest first, with ids before `before`. */
export function listPublications(
  organisationId: number,
  { channel, state, message }: PublicationFilter,
  page: { before: string; limit: number },
) {
  return ({ db, t }: Room) => {
    const clauses: SQL[] = [
      eq(t.publications.organisationId, organisationId),
      lt(t.publications.id, page.before),
    ];
    if (channel !== undefined) clauses.push(eq(t.publications.channel, channel));
    // The constant lets the partial index be used.
    if (state !== undefined && state !== "published") clauses.push(sql`state <> 'published'`);
    if (state !== undefined) clauses.push(eq(t.publications.state, state));
    if (message !== undefined) clauses.push(eq(t.publications.messageId, message));
    return db
      .select()
      .from(t.publications)
      .where(and(...clauses))
      .orderBy(desc(t.publications.id))
      .limit(page.limit);
  };
}

export const publicationById = statement(({ db, t }, p: Params<{ id: string; organisationId: number }>) =>
  db
    .select()
    .from(t.publications)
    .where(and(eq(t.publications.id, p.id), eq(t.publications.organisationId, p.organisationId))),
);

export const attemptsOf = statement(({ db, t }, p: Params<{ publicationId: string }>) =>
  db
    .select()
    .from(t.publicationAttempts)
    .where(eq(t.publicationAttempts.publicationId, p.publicationId))
    .orderBy(t.publicationAttempts.number),
);

/** Makes one that is at rest due again, with its whole schedule; returns nothing where it is not at rest. */
export const resendPublication = statement(({ db, t }, p: Params<{ id: string; now: number }>) =>
  db
    .update(t.publications)
    .set({
      state: "pending",
      waits: false,
      changedAt: sql`${p.now}`,
      nextAttemptAt: sql`${p.now}`,
      scheduleFrom: sql`${t.publications.attempts}`,
    })
    .where(and(eq(t.publications.id, p.id), sql`next_attempt_at is null and state in ('failed', 'unknown')`))
    .returning(),
);

/** At rest and with ids before `before`, oldest first. */
export const oldPublications = statement(
  ({ db, t }, p: Params<{ after: string; before: string; limit: number }>) =>
    db
      .select({ id: t.publications.id, nextAttemptAt: t.publications.nextAttemptAt })
      .from(t.publications)
      .where(and(sql`${t.publications.id} > ${p.after}`, lt(t.publications.id, p.before)))
      .orderBy(t.publications.id)
      .limit(p.limit),
);

export function removePublications(ids: readonly string[]) {
  return ({ db, t }: Room) =>
    db
      .delete(t.publications)
      .where(and(inArray(t.publications.id, [...ids]), sql`next_attempt_at is null`))
      .returning({ id: t.publications.id });
}

export function removePublicationAttempts(ids: readonly string[]) {
  return ({ db, t }: Room) =>
    db.delete(t.publicationAttempts).where(inArray(t.publicationAttempts.publicationId, [...ids]));
}
