/** S3's rules of what a message may be, with its messages word for word; and those that it forgets. */
import type { Violation } from "../problem.ts";
import type { BlobWriter } from "../blobs/writer.ts";
import {
  isUuid,
  MAX_ATTACHMENT,
  MAX_ATTACHMENTS,
  MAX_FILE_NAME,
  MAX_REFERENCES,
  type NewAttachment,
  type NewMessage,
  type Reference,
} from "./message.ts";
import { mimeTypeOf } from "./mime.ts";
import type { SentAttachment, SentMessage } from "./sent.ts";

export const NOT_A_UUID = "not a valid UUID";
export const LOOKUP_SIZE = "size must be between 3 and 128";
const NO_REFERENCES = "can not be empty or contain elements with empty keys or values";
const NOT_BLANK = "must not be blank";
const NOT_BASE64 = "not a valid BASE64-encoded string";
const TOO_LARGE = `attachment exceeds the maximum allowed size of ${MAX_ATTACHMENT} bytes`;
/** No database keeps NUL in text, or half a surrogate pair. */
const NOT_TEXT = "must be Unicode text without NUL";
const CONTROLS = "must not contain control characters";
const MAX_USER_ID = 255;

/** Java's `isBlank`, near enough: nothing, or white space alone. */
const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === "";
const isText = (text: string): boolean => text.isWellFormed() && !text.includes("\0");

/** Everything that is wrong with a message by itself, in no order. */
export function violationsOf(sent: SentMessage): Violation[] {
  const violations: Violation[] = [];
  const report = (field: string, message: string) => violations.push({ field, message });
  if (!isUuid(sent.partyId)) report("partyId", NOT_A_UUID);
  if (sent.message !== undefined && !isText(sent.message)) report("message", NOT_TEXT);
  const { externalReferences: references = [] } = sent;
  if (references.length === 0 || references.some(({ key, value }) => isBlank(key) || isBlank(value)))
    report("externalReferences", NO_REFERENCES);
  if (references.length > MAX_REFERENCES)
    report("externalReferences", `size must be between 1 and ${MAX_REFERENCES}`);
  if (references.some(({ key = "", value = "" }) => !isText(key) || !isText(value)))
    report("externalReferences", NOT_TEXT);
  if (sent.attachments.length > MAX_ATTACHMENTS)
    report("attachments", `size must be between 0 and ${MAX_ATTACHMENTS}`);
  for (const [index, attachment] of sent.attachments.entries())
    checkAttachment(attachment, (member, message) => report(`attachments[${index}].${member}`, message));
  const { senderUserId = "", instance = "" } = sent;
  if (!isText(senderUserId) || senderUserId.length > MAX_USER_ID)
    report("sender.userId", `size must be between 0 and ${MAX_USER_ID}`);
  if (!isText(instance)) report("oepInstance", NOT_TEXT);
  return violations;
}

function checkAttachment(
  { fileName, upload }: SentAttachment,
  report: (member: string, message: string) => void,
): void {
  if (fileName === undefined || isBlank(fileName)) report("fileName", NOT_BLANK);
  else if (fileName.length > MAX_FILE_NAME) report("fileName", `size must be between 1 and ${MAX_FILE_NAME}`);
  else if (!fileName.isWellFormed() || /\p{Cc}/u.test(fileName)) report("fileName", CONTROLS);
  if (!upload?.isValid) report("base64Data", NOT_BASE64);
  else if (upload.isTooLarge) report("base64Data", TOO_LARGE);
}

/** Violations as S3 answers them: in order of field name. */
export function inOrder(violations: readonly Violation[]): Violation[] {
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...violations].sort((a, b) => compare(a.field, b.field) || compare(a.message, b.message));
}

/** References that can be looked at one by one; equal ones once, in the order of their first. */
export function referencesOf({ externalReferences = [] }: SentMessage): Reference[] {
  const found = new Map<string, Reference>();
  for (const { key, value } of externalReferences) {
    if (key === undefined || value === undefined || isBlank(key) || isBlank(value)) continue;
    const name = JSON.stringify([key, value]);
    if (!found.has(name)) found.set(name, { key, value });
  }
  return [...found.values()];
}

/**
 * What is to be stored of a message in which {@link violationsOf} found nothing.
 * @returns with the writers of its attachments, in their order
 */
export async function newMessage(sent: SentMessage): Promise<{ message: NewMessage; writers: BlobWriter[] }> {
  const attachments: NewAttachment[] = [];
  const writers: BlobWriter[] = [];
  for (const { fileName, upload } of sent.attachments) {
    const writer = upload?.writer;
    if (fileName === undefined || !upload || !writer) throw new Error("an attachment is not valid");
    const mimeType = await mimeTypeOf(fileName, upload.head);
    attachments.push({ fileName, mimeType, size: upload.size, blob: writer.id });
    writers.push(writer);
  }
  if (sent.partyId === undefined) throw new Error("the party's id is not valid");
  const message: NewMessage = {
    ...{ partyId: sent.partyId, message: sent.message, references: referencesOf(sent), attachments },
    ...{ instance: sent.instance ?? null, senderUserId: sent.senderUserId ?? null },
  };
  return { message, writers };
}
