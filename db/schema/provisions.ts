/** What koppla.yaml keeps: one row, which nodes that start at the same time take turns at. */
import type { ColumnKit } from "../columns.ts";

export function provisionTables({ table, text, integer }: ColumnKit) {
  const provisions = table("provisions", {
    /** Always 1. */
    id: integer("id").primaryKey(),
    /** When koppla.yaml was last held against the database, milliseconds since 1970. */
    appliedAt: integer("applied_at").notNull(),
    /** HMAC of all passwords in it together: as long as it is the same, none of them needs to be tried. */
    passwords: text("passwords").notNull(),
  });

  return { provisions };
}
