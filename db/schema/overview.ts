/** What the overview counts: deliveries by minute and hour, and how each receiver has fared in the last hour. */
import type { ColumnKit } from "../columns.ts";

export function overviewTables({ table, text, integer, json, index, primaryKey }: ColumnKit) {
  /** A row for each process, so that none waits for another's; the reader adds them up. */
  const deliveryCounts = table(
    "delivery_counts",
    {
      organisationId: integer("organisation_id").notNull(),
      span: text("span").$type<"minute" | "hour">().notNull(),
      /** When it began, milliseconds since 1970. */
      at: integer("at").notNull(),
      /** The process: another one after each start. */
      node: text("node").notNull(),
      attempts: integer("attempts").notNull(),
      delivered: integer("delivered").notNull(),
      failed: integer("failed").notNull(),
      /** Deliveries that were given up. */
      givenUp: integer("given_up").notNull(),
      /** Of a minute: attempts by their duration, as many numbers as `overview/latency.ts` has bounds, and one. */
      durations: json("durations").$type<number[]>().notNull(),
    },
    (t) => [
      primaryKey({ columns: [t.organisationId, t.span, t.at, t.node] }),
      index("delivery_counts_by_age").on(t.span, t.at),
    ],
  );

  /** Of ten minutes each, for an hour. */
  const receiverCounts = table(
    "receiver_counts",
    {
      receiverId: text("receiver_id").notNull(),
      at: integer("at").notNull(),
      delivered: integer("delivered").notNull(),
      failed: integer("failed").notNull(),
    },
    (t) => [primaryKey({ columns: [t.receiverId, t.at] }), index("receiver_counts_by_age").on(t.at)],
  );

  const receiverPulses = table("receiver_pulses", {
    receiverId: text("receiver_id").primaryKey(),
    lastDeliveredAt: integer("last_delivered_at").notNull(),
  });

  return { deliveryCounts, receiverCounts, receiverPulses };
}
