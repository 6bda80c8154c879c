/** The statements about which server has which deliveries: see `nodes/watch.ts`. */
import { and, eq, inArray, sql } from "drizzle-orm";

import { type Room, statement } from "../store/statement.ts";

/** Constants, by which the partial index is recognised. */
const claimed = sql`node is not null and status = 'delivering'`;

/** The numbers of servers that have any. */
export const deliveringNodes = statement(({ db, t }) =>
  db.selectDistinct({ node: t.deliveries.node }).from(t.deliveries).where(claimed),
);

/** Puts back what these servers were sending, to be due at `now`. */
export function releaseDeliveriesOf(nodes: readonly number[], now: number) {
  return ({ db, t }: Room) =>
    db
      .update(t.deliveries)
      .set({
        status: sql`case when attempts = 0 then 'pending' else 'retrying' end`,
        nextAttemptAt: now,
        node: null,
      })
      .where(and(claimed, inArray(t.deliveries.node, [...nodes])))
      .returning({ id: t.deliveries.id });
}

/** What a server is sending it goes on with; only time ends its leases. */
export function unnameDeliveries(node: number) {
  return ({ db, t }: Room) =>
    db
      .update(t.deliveries)
      .set({ node: null })
      .where(and(claimed, eq(t.deliveries.node, node)));
}
