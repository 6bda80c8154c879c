/** The attachments of a message that is coming in: their bytes go to the store while the rest is still on its way. */
import type { BlobStore } from "../blobs/store.ts";
import type { BlobWriter } from "../blobs/writer.ts";
import { Base64Decoder } from "./base64.ts";
import { MAX_ATTACHMENT, MAX_ATTACHMENTS } from "./message.ts";
import { HEAD } from "./mime.ts";

export class Upload {
  readonly #writer: BlobWriter | undefined;
  #head = new Uint8Array(0);
  #size = 0;
  #decoder: Base64Decoder | undefined;
  readonly #hasher: Bun.CryptoHasher | undefined;
  #digest: string | undefined;

  /**
   * @param writer  undefined: nothing of it is to be kept
   * @param hashed  whether {@link digest} will be asked for
   */
  constructor(writer: BlobWriter | undefined, hashed: boolean) {
    this.#writer = writer;
    this.#hasher = hashed ? new Bun.CryptoHasher("sha256") : undefined;
  }

  /** Takes text in base64, a piece at a time. */
  get decoder(): Base64Decoder {
    this.#decoder ??= new Base64Decoder((bytes) => this.push(bytes));
    return this.#decoder;
  }

  /** Takes a copy of bytes. Those of one that is too large are counted only. */
  push(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.isTooLarge || !this.#writer) return;
    this.#hasher?.update(bytes);
    if (this.#head.length < HEAD) {
      const more = bytes.subarray(0, HEAD - this.#head.length);
      const head = new Uint8Array(this.#head.length + more.length);
      head.set(this.#head);
      head.set(more, this.#head.length);
      this.#head = head;
    }
    this.#writer.push(bytes);
  }

  get isTooLarge(): boolean {
    return this.#size > MAX_ATTACHMENT;
  }

  /** Whether what came in base64 was that. */
  get isValid(): boolean {
    return this.#decoder?.valid !== false;
  }

  /** Bytes. */
  get size(): number {
    return this.#size;
  }

  /** SHA-256 of all of it, hex, where it was to be known. */
  get digest(): string | undefined {
    this.#digest ??= this.#hasher?.digest("hex");
    return this.#digest;
  }

  /** Its first bytes. */
  get head(): Uint8Array {
    return this.#head;
  }

  get writer(): BlobWriter | undefined {
    return this.#writer;
  }
}

/** All of a request. Whoever makes it calls {@link abandon} when the message is not stored. */
export class Uploads {
  readonly #blobs: BlobStore;
  readonly #organisationId: number;
  readonly #hashed: boolean;
  readonly #list: Upload[] = [];

  /** @param hashed  whether digests will be asked for */
  constructor(blobs: BlobStore, organisationId: number, hashed: boolean) {
    this.#blobs = blobs;
    this.#organisationId = organisationId;
    this.#hashed = hashed;
  }

  /** Another one begins. Of more than there may be, nothing is kept. */
  begin(): Upload {
    const isKept = this.#list.length < MAX_ATTACHMENTS;
    const upload = new Upload(isKept ? this.#blobs.writer(this.#organisationId) : undefined, this.#hashed);
    this.#list.push(upload);
    return upload;
  }

  at(index: number): Upload | undefined {
    return this.#list[index];
  }

  /** Writes what there is enough of to be written. */
  async drain(): Promise<void> {
    for (const { writer } of this.#list) await writer?.drain();
  }

  /** Nothing of it is to stay, but for what these have written. */
  async abandon(except: readonly BlobWriter[] = []): Promise<void> {
    const writers = this.#list.flatMap(({ writer }) => (writer && !except.includes(writer) ? [writer] : []));
    if (writers.length > 0) await this.#blobs.abandon(writers);
  }
}
