/** Messages as `/api/v1/webmessages` has them. */

export interface Attachment {
  number: number;
  file_name: string;
  mime_type: string;
  /** Bytes. */
  size: number;
}

export interface PublicationState {
  channel: string;
  state: "pending" | "published" | "failed" | "unknown";
  at: string;
  external_id: string | null;
}

export interface MessageHead {
  id: string;
  party_id: string;
  external_references: { key: string; value: string }[];
  attachments: Attachment[];
  created_at: string;
  submitted_by: string | null;
  /** For those who may read deliveries. */
  publications?: PublicationState[];
}

export interface ListedMessage extends MessageHead {
  excerpt: string | null;
}

export interface Message extends MessageHead {
  message: string | null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => UUID.test(text);

/** How an attachment can be shown without it being able to do anything. */
export type Showable = "image" | "text" | undefined;

/** Pictures that are nothing but pictures: SVG can carry scripts. */
const IMAGES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"]);
/** Bytes: of more, a browser becomes slow. */
const LARGEST_IMAGE = 10_485_760;
const LARGEST_TEXT = 1_000_000;

/** By the kind that the server has found in its content and name. What is not surely harmless is only to be saved. */
export function showable({ mime_type, size }: Pick<Attachment, "mime_type" | "size">): Showable {
  const kind = mime_type.split(";")[0]?.trim().toLowerCase() ?? "";
  if (IMAGES.has(kind)) return size <= LARGEST_IMAGE ? "image" : undefined;
  const isText = ["text/plain", "text/csv", "application/json", "application/x-ndjson"].includes(kind);
  return isText && size <= LARGEST_TEXT ? "text" : undefined;
}

/** Only what the browser is to take it for, whatever the server calls it. */
export const imageType = ({ mime_type }: Pick<Attachment, "mime_type">): string =>
  mime_type.split(";")[0]?.trim().toLowerCase() ?? "";
