/** A web message: what somebody's system tells a party about a case, as it is stored and as S3's wire has it. */
import type { StoredAttachment, StoredReference, Tables } from "../../db/schema.ts";

export type Reference = StoredReference;
export type Attachment = StoredAttachment;
export type MessageRow = Tables["messages"]["$inferSelect"];

/** S3's limits. */
export const MAX_ATTACHMENTS = 10;
/** Bytes of an attachment, decoded. */
export const MAX_ATTACHMENT = 10_485_760;
/** What a path may look up by; what a body has beyond is kept and cannot be looked up. UTF-16 units, as Java counts. */
export const SHORTEST_LOOKUP = 3;
export const LONGEST_LOOKUP = 128;
/**
 * Each is a row: S3 has no limit, and here ten thousand would hold everybody up for a tenth of a second.
 */
export const MAX_REFERENCES = 1_000;
/** UTF-16 units: no file system takes longer names. */
export const MAX_FILE_NAME = 255;

/** An attachment as it came: its bytes are in a blob that nothing refers to yet. */
export interface NewAttachment {
  fileName: string;
  mimeType: string;
  /** Bytes, decoded. */
  size: number;
  blob: string;
}

/** A message that has passed validation. */
export interface NewMessage {
  /** As it was sent. */
  partyId: string;
  /** Undefined: none was sent. */
  message: string | undefined;
  /** In the order in which they were sent, those that were sent twice once. */
  references: readonly Reference[];
  attachments: readonly NewAttachment[];
  /** `oepInstance` and `sender.userId`, as they were sent. */
  instance: string | null;
  senderUserId: string | null;
}

/** A stored message without the bytes of its attachments. */
export interface WebMessage {
  id: string;
  organisationId: number;
  partyId: string;
  message: string | undefined;
  references: readonly Reference[];
  attachments: readonly Attachment[];
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Who sent it (`account:acc_...`). */
  subject: string | null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: unknown): text is string {
  return typeof text === "string" && UUID.test(text);
}

/** Whether a message can be looked up by this reference. */
export function isIndexed({ key, value }: Reference): boolean {
  return isLookup(key) && isLookup(value);
}

/** Whether a path may have this as its key or value. */
export function isLookup(text: string): boolean {
  return text.length >= SHORTEST_LOOKUP && text.length <= LONGEST_LOOKUP;
}
