/** By which the database knows the key file that its secrets are sealed with. */
import type { ColumnKit } from "../columns.ts";

export function keyTables({ table, text, integer }: ColumnKit) {
  const masterKeys = table("master_keys", {
    /** Always 1. */
    id: integer("id").primaryKey(),
    /** Derived from the key, which cannot be found from it. */
    fingerprint: text("fingerprint").notNull(),
  });

  return { masterKeys };
}
