/** The statements of actions. */
import { sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

type OpenOf = Params<{ organisationId: number; kind: string; most: number }>;

/** How many operations of a kind wait or are under way; it counts no further than `most`. */
export const openOperations = statement(({ db, t }, p: OpenOf) => {
  // The state as a constant, by which the partial index of open operations is recognised.
  const open = db
    .select({ id: t.operations.id })
    .from(t.operations)
    .where(sql`status = 'IN_PROGRESS' and organisation_id = ${p.organisationId} and kind = ${p.kind}`)
    .limit(p.most)
    .as("open");
  return db.select({ count: sql<number>`count(*)`.mapWith(Number) }).from(open);
});
