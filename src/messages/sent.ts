/**
 * A message as somebody sent it: of the right shape, nothing of it valid yet. As with the public service, numbers, true
 * and false are taken for text where text is wanted, null is as good as nothing, and members that nobody knows (among
 * them an attachment's `mimeType`) mean nothing.
 */
import { isObject } from "../http/json.ts";
import { Problem } from "../problem.ts";
import type { Upload } from "./upload.ts";

export interface SentAttachment {
  fileName: string | undefined;
  /** Undefined: no data were sent, or nothing that is text. */
  upload: Upload | undefined;
}

export interface SentMessage {
  partyId: string | undefined;
  message: string | undefined;
  externalReferences: { key: string | undefined; value: string | undefined }[] | undefined;
  attachments: SentAttachment[];
  /** `oepInstance` and `sender.userId`. */
  instance: string | undefined;
  senderUserId: string | undefined;
}

/**
 * @param uploadOf  what came of an attachment's data, by the text that stands for them
 * @throws Problem `malformed` where something is not of the kind that it has to be
 */
export function sentMessage(
  value: unknown,
  uploadOf: (data: string) => Upload,
  attachments?: SentAttachment[],
): SentMessage {
  if (!isObject(value)) throw malformed("The body must be a JSON object.");
  const sender = value["sender"] ?? undefined;
  if (sender !== undefined && !isObject(sender)) throw malformed("sender must be an object.");
  return {
    partyId: text(value["partyId"], "partyId"),
    message: text(value["message"], "message"),
    externalReferences: sentReferences(value["externalReferences"]),
    attachments:
      attachments ??
      list(value["attachments"], "attachments").map((one, index) => {
        const field = `attachments[${index}]`;
        const { fileName, base64Data } = members(one, field);
        const data = text(base64Data, `${field}.base64Data`);
        return {
          fileName: text(fileName, `${field}.fileName`),
          upload: data === undefined ? undefined : uploadOf(data),
        };
      }),
    instance: text(value["oepInstance"], "oepInstance"),
    senderUserId: text(sender?.["userId"], "sender.userId"),
  };
}

/** @throws Problem `malformed` */
export function sentReferences(value: unknown): SentMessage["externalReferences"] {
  if (value === undefined || value === null) return undefined;
  return list(value, "externalReferences").map((one, index) => {
    const field = `externalReferences[${index}]`;
    const { key, value: of } = members(one, field);
    return { key: text(key, `${field}.key`), value: text(of, `${field}.value`) };
  });
}

function text(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw malformed(`${field} must be text.`);
}

function list(value: unknown, field: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw malformed(`${field} must be a list.`);
  return value;
}

function members(value: unknown, field: string): Record<string, unknown> {
  if (value === null || value === undefined) return {};
  if (!isObject(value)) throw malformed(`${field} must be an object.`);
  return value;
}

export function malformed(detail: string): Problem {
  return new Problem("malformed", detail);
}
