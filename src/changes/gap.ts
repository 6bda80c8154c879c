/**
 * What a restored backup does to the feed. Sequences that were given out since the backup would be given out again, for
 * other changes, and a cursor among them would pass those by in silence. So each feed goes on far beyond what can have
 * been given out, and a cursor in between is refused.
 */
import { and, eq, gt, lt, sql } from "drizzle-orm";

import type { Clock } from "../clock.ts";
import { type Params, statement } from "../store/statement.ts";
import type { Reader, Store } from "../store/store.ts";

/** 38 days of 30 000 changes a second. The API's cursors have 15 digits: room for ten thousand restores. */
const LEAP = 100_000_000_000;

const gapAround = statement(({ db, t }, p: Params<{ organisationId: number; cursor: number }>) =>
  db
    .select({ after: t.feedGaps.after })
    .from(t.feedGaps)
    .where(
      and(
        eq(t.feedGaps.organisationId, p.organisationId),
        lt(t.feedGaps.after, p.cursor),
        gt(t.feedGaps.until, p.cursor),
      ),
    )
    .limit(1),
);

const feeds = statement(({ db, t }) => db.select().from(t.feeds));

const addGap = statement(
  ({ db, t }, p: Params<{ organisationId: number; after: number; until: number; restoredAt: number }>) =>
    db
      .insert(t.feedGaps)
      .values({
        organisationId: p.organisationId,
        after: p.after,
        until: p.until,
        restoredAt: p.restoredAt,
      })
      .onConflictDoNothing(),
);

const moveFeed = statement(({ db, t }, p: Params<{ organisationId: number; sequence: number }>) =>
  db
    .update(t.feeds)
    .set({ sequence: sql`${p.sequence}` })
    .where(eq(t.feeds.organisationId, p.organisationId)),
);

/** Whether a cursor is of changes that were lost when a backup was restored. */
export async function isLost(reader: Reader, organisationId: number, cursor: number): Promise<boolean> {
  return (await reader.run(gapAround, { organisationId, cursor })).length > 0;
}

/** Moves every feed on. To be called once for a restored backup, before anybody reads it. */
export async function leapFeeds(store: Store, clock: Clock): Promise<void> {
  await store.write(async (tx) => {
    for (const { organisationId, sequence: after } of await tx.run(feeds, {})) {
      const until = after + LEAP;
      await tx.run(addGap, { organisationId, after, until, restoredAt: clock.now() });
      await tx.run(moveFeed, { organisationId, sequence: until });
    }
  });
}
