/** The statements of the checks. */
import { desc, sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

/** Ids are in the order of time. */
export const newestDelivery = statement(({ db, t }) =>
  db.select({ id: t.deliveries.id }).from(t.deliveries).orderBy(desc(t.deliveries.id)).limit(1),
);

export const newestOperation = statement(({ db, t }) =>
  db.select({ id: t.operations.id }).from(t.operations).orderBy(desc(t.operations.id)).limit(1),
);

/**
 * When the delivery was due that is due the longest, of receivers that it should have been sent to. Looks at every
 * delivery that is not at rest: for `readAside`.
 */
export const oldestDue = statement(({ db, t }, p: Params<{ now: number }>) =>
  db
    .select({
      at: sql<number | null>`min(${t.deliveries.nextAttemptAt})`.mapWith((value: unknown) =>
        value === null ? null : Number(value),
      ),
    })
    .from(t.deliveries)
    .innerJoin(t.receivers, sql`${t.receivers.id} = ${t.deliveries.receiverId}`)
    .innerJoin(t.accounts, sql`${t.accounts.id} = ${t.receivers.accountId}`)
    .where(
      sql`${t.deliveries.nextAttemptAt} is not null and ${t.receivers.enabled} = ${true}
        and ${t.receivers.deletedAt} is null and ${t.receivers.failingSince} is null
        and ${t.accounts.disabledAt} is null and ${t.accounts.deletedAt} is null
        and (${t.accounts.expiresAt} is null or ${t.accounts.expiresAt} > ${p.now})`,
    ),
);
