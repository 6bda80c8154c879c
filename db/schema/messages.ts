/** Web messages, what they are found by, and the bytes of their attachments. */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "../columns.ts";

/** What one piece of information is about in somebody's system: `flowInstanceId`, `356434`. */
export interface StoredReference {
  key: string;
  value: string;
}

export interface StoredAttachment {
  fileName: string;
  mimeType: string;
  /** Bytes, decoded. */
  size: number;
  /** The id of the blob that holds them. */
  blob: string;
}

export function messageTables({ table, text, integer, boolean, json, bytes, index, primaryKey }: ColumnKit) {
  const messages = table(
    "messages",
    {
      /** A UUIDv7 of `created_at`: the order of ids is that of creation. */
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      /** What the party is looked up by: its id in lower case, or with `web_messages.party_ids: hashed` a MAC of it. */
      partyKey: text("party_key").notNull(),
      /** The party's id where that is not its key: as it was sent in upper case, or sealed. */
      partyId: text("party_id"),
      message: text("message"),
      externalReferences: json("external_references").$type<StoredReference[]>().notNull(),
      attachments: json("attachments").$type<StoredAttachment[]>().notNull(),
      /** Which of a channel's instances is meant, and who sends it there, as it was sent. */
      instance: text("instance"),
      senderUserId: text("sender_user_id"),
      /** An intent: nobody is shown it before its channel has taken it (`src/messages/publisher.ts`). */
      hidden: boolean("hidden").notNull(),
      createdAt: integer("created_at").notNull(),
      /** As in `records`. */
      subject: text("subject"),
      actor: text("actor"),
    },
    (t) => [
      index("messages_by_party").on(t.organisationId, t.partyKey, t.id),
      // For retention, whose time is the organisation's own.
      index("messages_by_organisation").on(t.organisationId, t.id),
    ],
  );

  /** One row per message and reference that it can be looked up by. */
  const messageReferences = table(
    "message_references",
    {
      organisationId: integer("organisation_id").notNull(),
      key: text("key").notNull(),
      value: text("value").notNull(),
      messageId: text("message_id").notNull(),
    },
    (t) => [primaryKey({ columns: [t.organisationId, t.key, t.value, t.messageId] })],
  );

  /** Bytes that are too many for a row, in pieces of the same length. */
  const blobs = table(
    "blobs",
    {
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      size: integer("size").notNull(),
      /** Bytes in each of its chunks but the last. */
      chunkSize: integer("chunk_size").notNull(),
      createdAt: integer("created_at").notNull(),
      /** From then on it may be removed; null: something refers to it. */
      purgeAt: integer("purge_at"),
    },
    (t) => [
      index("blobs_to_purge")
        .on(t.purgeAt)
        .where(sql`purge_at is not null`),
    ],
  );

  const blobChunks = table(
    "blob_chunks",
    {
      blobId: text("blob_id").notNull(),
      number: integer("number").notNull(),
      data: bytes("data").notNull(),
    },
    (t) => [primaryKey({ columns: [t.blobId, t.number] })],
  );

  return { messages, messageReferences, blobs, blobChunks };
}
