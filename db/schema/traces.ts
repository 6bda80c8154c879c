/** Which trace changes and deliveries belong to; written only where traces are wanted. */
import type { ColumnKit } from "../columns.ts";

export function traceTables({ table, text, integer, json, index, primaryKey }: ColumnKit) {
  const changeTraces = table(
    "change_traces",
    {
      organisationId: integer("organisation_id").notNull(),
      sequence: integer("sequence").notNull(),
      /** As in a `traceparent` header. */
      trace: text("trace").notNull(),
      at: integer("at").notNull(),
    },
    (t) => [primaryKey({ columns: [t.organisationId, t.sequence] }), index("change_traces_by_age").on(t.at)],
  );

  const deliveryTraces = table(
    "delivery_traces",
    {
      deliveryId: text("delivery_id").primaryKey(),
      trace: text("trace").notNull(),
      /** Of the other changes that it tells of. */
      links: json("links").$type<string[]>().notNull(),
      at: integer("at").notNull(),
    },
    (t) => [index("delivery_traces_by_age").on(t.at)],
  );

  return { changeTraces, deliveryTraces };
}
