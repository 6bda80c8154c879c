/**
 * A message as a form, `multipart/form-data` (RFC 7578): the fields `partyId`, `message`, `oepInstance` and
 * `sender.userId`; `externalReferences` as often as there are references, each the JSON of one or of a list of them; and
 * files in parts named `attachments`. Files need no base64: they are a quarter smaller on the way.
 */
import { Busboy, type BusboyInstance } from "@fastify/busboy";

import { type BodyReader, type MessageLimits, parseJson } from "./reading.ts";
import { MAX_ATTACHMENTS, MAX_REFERENCES } from "./message.ts";
import { ScanLimit } from "./scanner.ts";
import { malformed, type SentAttachment, type SentMessage, sentMessage } from "./sent.ts";
import type { Uploads } from "./upload.ts";

/** Headers of one part, bytes and number; bytes of a field's name. */
const HEADERS = { headerSize: 16_384, headerPairs: 20, fieldNameSize: 100 } as const;
const FIELDS = new Set(["partyId", "message", "oepInstance", "sender.userId", "externalReferences"]);

export class FormReader implements BodyReader {
  readonly #parser: BusboyInstance;
  readonly #limits: MessageLimits;
  readonly #fields = new Map<string, string>();
  readonly #references: unknown[] = [];
  readonly #files: SentAttachment[] = [];
  #bytes = 0;
  #error: unknown;
  readonly #finished = Promise.withResolvers<void>();

  constructor(type: string, uploads: Uploads, limits: MessageLimits) {
    this.#limits = limits;
    // One more than there may be, so that it can be told.
    const most = { files: MAX_ATTACHMENTS + 1, fields: FIELDS.size + MAX_REFERENCES + 1 };
    try {
      this.#parser = new Busboy({
        headers: { "content-type": type },
        preservePath: true,
        limits: { ...HEADERS, ...most, fieldSize: limits.text + 1 },
      });
    } catch {
      throw malformed("The Content-Type has no usable boundary.");
    }
    this.#parser.on("field", (name, value) => this.#try(() => this.#field(name, value)));
    this.#parser.on("file", (name, stream, fileName) => {
      const upload = uploads.begin();
      stream.on("data", (bytes: Uint8Array) => upload.push(bytes));
      this.#try(() => {
        this.#count(fileName?.length ?? 0);
        if (name !== "attachments") throw malformed("A file must be in a part of the name attachments.");
        this.#files.push({ fileName: unicode(fileName ?? ""), upload });
      });
    });
    this.#parser.on("fieldsLimit", () => this.#fail(malformed("There are too many fields.")));
    this.#parser.on("error", () =>
      this.#fail(malformed("The body is no multipart form that ends as it should.")),
    );
    this.#parser.on("finish", () => this.#finished.resolve());
    this.#finished.promise.catch(() => {});
  }

  async push(chunk: Uint8Array): Promise<void> {
    const taken = this.#parser.write(chunk);
    if (!taken) {
      const drained = new Promise<void>((resolve) => this.#parser.once("drain", resolve));
      await Promise.race([drained, this.#finished.promise]);
    }
    if (this.#error !== undefined) throw this.#error;
  }

  async end(): Promise<SentMessage> {
    this.#parser.end();
    await this.#finished.promise;
    if (this.#error !== undefined) throw this.#error;
    const { "sender.userId": userId, ...fields } = Object.fromEntries(this.#fields);
    const sent = {
      ...fields,
      ...(userId !== undefined && { sender: { userId } }),
      ...(this.#references.length > 0 && { externalReferences: this.#references }),
    };
    return sentMessage(sent, () => this.#noData(), this.#files);
  }

  #field(name: string, value: string): void {
    this.#count(value.length);
    if (!FIELDS.has(name)) return;
    const text = unicode(value);
    if (name === "externalReferences") {
      const parsed = parseJson(Buffer.from(text), name);
      this.#references.push(...(Array.isArray(parsed) ? parsed : [parsed]));
    } else if (this.#fields.has(name)) throw malformed(`${name} was sent twice.`);
    else this.#fields.set(name, text);
  }

  #count(length: number): void {
    this.#bytes += length;
    if (this.#bytes > this.#limits.text) throw new ScanLimit("size");
  }

  #noData(): never {
    throw malformed("Attachments of a form are files.");
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#finished.reject(error);
  }
}

/** What is not UTF-8 has become this character on its way. @throws Problem `malformed` */
function unicode(text: string): string {
  if (text.includes("\ufffd")) throw malformed("The form is not UTF-8.");
  return text;
}
