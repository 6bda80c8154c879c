/** What imports leave beside the records: what they refused, and while one replaces, what was in its file. */
import type { ColumnKit } from "../columns.ts";

export function importTables({ table, text, integer, primaryKey }: ColumnKit) {
  /** Rows of a file that were refused, for whoever sent it; they go with the operation. */
  const importErrors = table(
    "import_errors",
    {
      operationId: text("operation_id").notNull(),
      number: integer("number").notNull(),
      /** Of the file, unpacked, from 1. */
      line: integer("line").notNull(),
      /** As JSON; null where the row has none that can be read. */
      recordId: text("record_id"),
      field: text("field").notNull(),
      message: text("message").notNull(),
    },
    (t) => [primaryKey({ columns: [t.operationId, t.number] })],
  );

  /** The records of a file that replaces: whatever is not among them is removed when it has been read. */
  const importKeys = table(
    "import_keys",
    {
      operationId: text("operation_id").notNull(),
      key: text("key").notNull(),
    },
    (t) => [primaryKey({ columns: [t.operationId, t.key] })],
  );

  return { importErrors, importKeys };
}
