/** What a restored backup leaves behind. */
import type { ColumnKit } from "../columns.ts";

export function restoreTables({ table, integer, primaryKey }: ColumnKit) {
  /**
   * Sequences that a feed never gives out again: those between the end of a backup and where the feed went on when it
   * was restored. A cursor among them is of changes that were lost with the restore.
   */
  const feedGaps = table(
    "feed_gaps",
    {
      organisationId: integer("organisation_id").notNull(),
      /** The last sequence of the backup: a cursor there has missed nothing. */
      after: integer("after").notNull(),
      /** Where the feed went on: the first change since has the sequence behind it. */
      until: integer("until").notNull(),
      restoredAt: integer("restored_at").notNull(),
    },
    (t) => [primaryKey({ columns: [t.organisationId, t.after] })],
  );

  return { feedGaps };
}
