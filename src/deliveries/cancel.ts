/** What becomes of deliveries that will never be sent, because their receiver is gone. */
import { and, eq, inArray, isNotNull } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";
import type { Transaction } from "../store/store.ts";

/** 500 rows take about a millisecond; then other requests have their turn. */
const CHUNK = 500;

const cancelSome = statement(({ db, t }, p: Params<{ receiverId: string }>) =>
  db
    .update(t.deliveries)
    .set({ status: "cancelled", nextAttemptAt: null })
    .where(
      inArray(
        t.deliveries.id,
        db
          .select({ id: t.deliveries.id })
          .from(t.deliveries)
          .where(and(eq(t.deliveries.receiverId, p.receiverId), isNotNull(t.deliveries.nextAttemptAt)))
          .limit(CHUNK),
      ),
    )
    .returning({ id: t.deliveries.id }),
);

/**
 * Cancels what a receiver still had to get. An attempt that is in flight is not called back: its result is for the
 * dispatcher to write beside the status `cancelled`.
 * @returns how many there were
 */
export async function cancelDeliveries(tx: Transaction, receiverId: string): Promise<number> {
  for (let count = 0; ;) {
    const cancelled = await tx.run(cancelSome, { receiverId });
    count += cancelled.length;
    if (cancelled.length < CHUNK) return count;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
