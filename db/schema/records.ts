/** Records, what they are found by, and the feed of their changes. */
import type { ColumnKit } from "../columns.ts";

export function recordTables(kit: ColumnKit) {
  const { table, text, integer, identity, words, index, uniqueIndex, primaryKey } = kit;

  const records = table(
    "records",
    {
      organisationId: integer("organisation_id").notNull(),
      type: text("type").notNull(),
      /** The id in a form whose byte order is the order of the ids (`records/key.ts`). */
      key: text("key").notNull(),
      /** The record's JSON without `id` and `_meta`, as text, exactly as it is sent out. */
      data: text("data").notNull(),
      version: integer("version").notNull(),
      createdAt: integer("created_at").notNull(),
      modifiedAt: integer("modified_at").notNull(),
      /** Who wrote this version (`user:anna`), and who acted in that name (`account:acc_...`). */
      subject: text("subject"),
      actor: text("actor"),
    },
    (t) => [
      primaryKey({ columns: [t.organisationId, t.type, t.key] }),
      index("records_by_modified").on(t.organisationId, t.type, t.modifiedAt, t.key),
    ],
  );

  /** One row per record and declared filter field: what `?filter[field]=` and `?sort=field` read. */
  const recordFields = table(
    "record_fields",
    {
      organisationId: integer("organisation_id").notNull(),
      type: text("type").notNull(),
      field: text("field").notNull(),
      /** The field's value in a form whose byte order is the order of the values (`records/key.ts`). */
      value: text("value").notNull(),
      key: text("key").notNull(),
    },
    (t) => [primaryKey({ columns: [t.organisationId, t.type, t.field, t.value, t.key] })],
  );

  /**
   * The values that filter fields of an object had once, so that who was allowed to see it then is told that it is
   * gone from view. `records/former.ts` says how, and bounds how many are kept.
   */
  const formerFields = table(
    "former_fields",
    {
      organisationId: integer("organisation_id").notNull(),
      object: text("object").notNull(),
      key: text("key").notNull(),
      field: text("field").notNull(),
      /** As in `record_fields`; empty: any. */
      value: text("value").notNull(),
      /** Of the change with which it went away. */
      sequence: integer("sequence").notNull(),
    },
    (t) => [primaryKey({ columns: [t.organisationId, t.object, t.key, t.field, t.value] })],
  );

  /** The filter fields whose index is complete: a field that the YAML adds is indexed at the next start. */
  const indexedFields = table(
    "indexed_fields",
    { type: text("type").notNull(), field: text("field").notNull() },
    (t) => [primaryKey({ columns: [t.type, t.field] })],
  );

  /**
   * Records whose words are indexed (`search` in the YAML), each with the number that stands for it in `record_words`:
   * a number of its own, since SQLite gives a table's hidden ones anew when it is copied.
   */
  const searchRecords = table(
    "search_records",
    {
      id: identity("id"),
      organisationId: integer("organisation_id").notNull(),
      type: text("type").notNull(),
      key: text("key").notNull(),
    },
    (t) => [uniqueIndex("search_records_by_key").on(t.organisationId, t.type, t.key)],
  );

  /** The filter fields of those records, by number: what the records that a text finds are ordered by. */
  const searchValues = table(
    "search_values",
    {
      id: integer("id").notNull(),
      field: text("field").notNull(),
      /** As in `record_fields`. */
      value: text("value").notNull(),
    },
    (t) => [primaryKey({ columns: [t.id, t.field] })],
  );

  /**
   * The words of those records, as `records/search-terms.ts` writes them. Declared for the queries; the table itself
   * stands in the migrations, written by hand: drizzle knows neither FTS5 nor GIN over a tsvector.
   */
  const recordWords = table("record_words", { rowid: integer("rowid").notNull(), words: words("words") });

  /** The types whose words are indexed, and what of: where the YAML says otherwise they are indexed anew at start. */
  const searchTypes = table("search_types", {
    type: text("type").primaryKey(),
    indexed: text("indexed").notNull(),
  });

  /** The feed: one row per object, holding its latest change. Written again, it moves to the feed's end. */
  const changes = table(
    "changes",
    {
      organisationId: integer("organisation_id").notNull(),
      object: text("object").notNull(),
      key: text("key").notNull(),
      topic: text("topic").notNull(),
      action: text("action").notNull(),
      sequence: integer("sequence").notNull(),
      at: integer("at").notNull(),
      /** As in `records`. */
      subject: text("subject"),
      actor: text("actor"),
    },
    (t) => [
      primaryKey({ columns: [t.organisationId, t.object, t.key] }),
      // Topic first: a receiver of rare topics reads its own rows only, whatever else happens in the feed.
      uniqueIndex("changes_by_topic").on(t.organisationId, t.topic, t.sequence),
    ],
  );

  return {
    ...{ records, recordFields, formerFields, indexedFields, changes },
    ...{ searchRecords, searchValues, recordWords, searchTypes },
  };
}
