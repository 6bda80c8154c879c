/** A request's body, read as it comes: `application/json` or `multipart/form-data`. */
import type { Clock } from "../clock.ts";
import { MAX_DEPTH } from "../http/json.ts";
import { Problem } from "../problem.ts";
import { FormReader } from "./form.ts";
import { type BodyReader, type MessageLimits, parseJson } from "./reading.ts";
import { ScanLimit, Scanner } from "./scanner.ts";
import { malformed, type SentMessage, sentMessage } from "./sent.ts";
import type { Upload, Uploads } from "./upload.ts";

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const FORM_TYPE = /^multipart\/form-data\s*;/i;
const TAKEN = "application/json, multipart/form-data";

/** The length that a request announces; undefined where it is sent in chunks. */
export function lengthOf({ headers }: Request): number | undefined {
  const length = headers.get("content-length");
  return length === null ? undefined : Number(length);
}

/**
 * Reads a request's body. What it has of attachments is in `uploads`, whatever becomes of it.
 * @throws Problem `unsupported_media_type`, `too_large`, `timeout`, `malformed`
 */
export async function readMessage(
  request: Request,
  uploads: Uploads,
  { clock, limits }: { clock: Clock; limits: MessageLimits },
): Promise<SentMessage> {
  const reader = readerFor(request, uploads, limits);
  const length = lengthOf(request);
  if (length !== undefined && length > limits.body) throw tooLarge(limits.body);
  const body = request.body?.getReader();
  let late = false;
  const cancel = clock.after(limits.time, () => {
    late = true;
    void body?.cancel();
  });
  try {
    let size = 0;
    while (body) {
      const { done, value } = await body.read();
      if (done) break;
      size += value.byteLength;
      if (size > limits.body) throw tooLarge(limits.body);
      await reader.push(value);
      await uploads.drain();
    }
    if (late) throw tooLate(limits.time);
    const sent = await reader.end();
    await uploads.drain();
    return sent;
  } catch (error) {
    // What still comes is not wanted.
    await body?.cancel().catch(() => {});
    throw late ? tooLate(limits.time) : error instanceof ScanLimit ? tooMuchText(error, limits) : error;
  } finally {
    cancel();
  }
}

function readerFor({ headers }: Request, uploads: Uploads, limits: MessageLimits): BodyReader {
  const type = headers.get("content-type") ?? "";
  if (JSON_TYPE.test(type)) return new JsonReader(uploads, limits);
  if (FORM_TYPE.test(type)) return new FormReader(type, uploads, limits);
  const sent = type === "" ? "nothing" : JSON.stringify(type.slice(0, 100));
  const detail = `The body must be sent as application/json or multipart/form-data, not as ${sent}.`;
  throw new Problem("unsupported_media_type", detail, { headers: { accept: TAKEN } });
}

class JsonReader implements BodyReader {
  readonly #uploads: Uploads;
  readonly #scanner: Scanner;
  /** Nobody can guess what stands for data, and so send it himself. */
  readonly #nonce = crypto.randomUUID();

  constructor(uploads: Uploads, limits: MessageLimits) {
    this.#uploads = uploads;
    this.#scanner = new Scanner({
      attachment: () => uploads.begin().decoder,
      mark: (index) => `${this.#nonce}:${index}`,
      limit: limits.text,
      depth: MAX_DEPTH,
    });
  }

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk);
  }

  end(): SentMessage {
    const value = parseJson(this.#scanner.end(), "The body");
    const begun = `${this.#nonce}:`;
    return sentMessage(value, (data) => {
      const mark = data.startsWith(begun) ? Number(data.slice(begun.length)) : undefined;
      return (mark === undefined ? undefined : this.#uploads.at(mark)) ?? this.#late(data);
    });
  }

  /** Data whose name was written with escapes, which the scanner does not look into. */
  #late(data: string): Upload {
    const upload = this.#uploads.begin();
    upload.decoder.push(data);
    upload.decoder.end();
    return upload;
  }
}

// As in http/json.ts the connection is kept, so that the answer arrives.
function tooLarge(bytes: number): Problem {
  return new Problem("too_large", `The body is larger than ${bytes} bytes (setting web_messages.body).`);
}

function tooMuchText({ what }: ScanLimit, { text }: MessageLimits): Problem {
  if (what === "depth") return malformed(`The body is nested deeper than ${MAX_DEPTH} levels.`);
  const detail = `Beside its attachments the body is larger than ${text} bytes (setting server.limits.body).`;
  return new Problem("too_large", detail);
}

function tooLate(ms: number): Problem {
  const detail = `The body did not arrive within ${ms / 1000} seconds.`;
  return new Problem("timeout", detail, { headers: { connection: "close" } });
}
