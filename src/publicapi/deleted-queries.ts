/** Where in the feed a time lies. */
import { and, asc, eq, gte } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";
import type { Reader } from "../store/store.ts";

const nextChange = statement(
  ({ db, t }, p: Params<{ organisationId: number; topic: string; from: number }>) =>
    db
      .select({ sequence: t.changes.sequence, at: t.changes.at })
      .from(t.changes)
      .where(
        and(
          eq(t.changes.organisationId, p.organisationId),
          eq(t.changes.topic, p.topic),
          gte(t.changes.sequence, p.from),
        ),
      )
      .orderBy(asc(t.changes.sequence))
      .limit(1),
);

/**
 * The sequence of a topic's first change at `since` or later, or what comes after `head` where there is none. Found by
 * halving: there is no index by time, and needs to be none, as times grow with the sequence.
 * @param query.since  milliseconds since 1970
 */
export async function firstSince(
  reader: Reader,
  {
    organisationId,
    topic,
    since,
    head,
  }: { organisationId: number; topic: string; since: number; head: number },
): Promise<number> {
  let [low, high] = [1, head + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [row] = await reader.run(nextChange, { organisationId, topic, from: middle });
    if (!row || row.at >= since) high = middle;
    else low = row.sequence + 1;
  }
  return low;
}
