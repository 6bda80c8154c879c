/**
 * Bodies with attachments in them, made while they are sent: of 100 MB one piece is in memory at a time. The library
 * that knows the format writes the text with a mark in place of each attachment, and the marks are then filled.
 */
import type { ChannelAttachment } from "../messages/publisher.ts";
import type { StreamedBody } from "../outgoing/request.ts";

/** Text as it is, or an attachment as the base64 of its bytes. */
export type Piece = string | ChannelAttachment;

/** Gives out marks, and finds them again. Nobody who sends a message can know them. */
export class Marks {
  readonly #name = `attachment-${crypto.randomUUID()}-`;
  readonly #attachments: ChannelAttachment[] = [];

  /** Text without any character that a format would write otherwise. */
  of(attachment: ChannelAttachment): string {
    this.#attachments.push(attachment);
    return `${this.#name}${this.#attachments.length - 1}.`;
  }

  /** What `text` comes to with the attachments in place of their marks. */
  fill(text: string): Piece[] {
    const [first = "", ...rest] = text.split(this.#name);
    return [
      first,
      ...rest.flatMap((part): Piece[] => {
        const end = part.indexOf(".");
        const attachment = this.#attachments[Number(part.slice(0, end))];
        return [...(attachment ? [attachment] : []), part.slice(end + 1)];
      }),
    ];
  }
}

export function streamedBody(pieces: readonly Piece[]): StreamedBody {
  let size = 0;
  for (const piece of pieces)
    size += typeof piece === "string" ? Buffer.byteLength(piece) : Math.ceil(piece.size / 3) * 4;
  return { size, open: () => bytesOf(pieces) };
}

async function* bytesOf(pieces: readonly Piece[]): AsyncIterable<Uint8Array> {
  for (const piece of pieces) {
    if (typeof piece !== "string") yield* base64Of(piece);
    else if (piece !== "") yield Buffer.from(piece);
  }
}

/** Base64 (RFC 4648, 4) of bytes that come in pieces: three at a time, so what is over waits for the next piece. */
async function* base64Of({ size, read }: ChannelAttachment): AsyncIterable<Uint8Array> {
  let over: Uint8Array = new Uint8Array();
  let seen = 0;
  for await (const piece of read()) {
    seen += piece.byteLength;
    const bytes = over.byteLength === 0 ? piece : Buffer.concat([over, piece]);
    const whole = bytes.byteLength - (bytes.byteLength % 3);
    over = bytes.slice(whole);
    if (whole > 0) yield encoded(bytes.subarray(0, whole));
  }
  if (over.byteLength > 0) yield encoded(over);
  // Its length has been told already; a message that was removed meanwhile is sent no further.
  if (seen !== size) throw new Error(`an attachment of ${size} bytes had ${seen}`);
}

const encoded = (bytes: Uint8Array) => Buffer.from(bytes.toBase64(), "latin1");
