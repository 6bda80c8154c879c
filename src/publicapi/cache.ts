/**
 * Answers of the public view that are kept ready: bytes, with their validator. One is good for as long as nothing of its
 * type has changed in its organisation. That is known without asking while this process alone writes (SQLite), since a
 * write is acknowledged after its change was told of here; where others may write unnoticed (PostgreSQL) the feed's
 * newest sequence is looked up each time.
 */
import type { ChangeFeed } from "../changes/service.ts";
import type { RecordType, TypeRegistry } from "../records/types.ts";
import type { Store } from "../store/store.ts";

export type Encoding = "gzip" | "zstd";

export interface Form {
  bytes: Uint8Array<ArrayBuffer>;
  headers: Headers;
  /** Of the answer to who has it already. */
  unchanged: Headers;
}

/** What an answer was made of: while it is the same, so is the answer. */
export type Stamp = number | string;

export interface Kept {
  organisationId: number;
  /** The organisation's code, as it was asked for. */
  code: string;
  type: RecordType;
  stamp: Stamp;
  bytes: Uint8Array<ArrayBuffer>;
  /** Strong; of the bytes as they are, without quotes. */
  tag: string;
  /** Of the answer: what it is. */
  headers: Readonly<Record<string, string>>;
  /** As it is sent, in each form that somebody has asked for. */
  forms: Map<Encoding | "identity", Form>;
  /** Since it was looked at last when room was made. */
  used: boolean;
}

/** What has been made of the data, by who knows how. */
export type Made = Pick<Kept, "organisationId" | "code" | "type" | "bytes" | "headers">;

/** What an answer takes beside its bytes. */
const OVERHEAD = 1_000;
/** No single answer may take more than this part of all. */
const LARGEST = 1 / 8;
const MAX_NAME = 2_000;

export class PublicCache {
  readonly #store: Store;
  readonly #feed: ChangeFeed;
  readonly #maxBytes: number;
  readonly #kept = new Map<string, Kept>();
  readonly #making = new Map<string, { stamp: Stamp; made: Promise<Kept> }>();
  /** Changes of each organisation's types since this process began. */
  readonly #versions = new Map<string, number>();
  readonly #typeOf = new Map<string, string>();
  #epoch: number | undefined;
  /** Moves when anything at all may have changed. */
  #generation = 0;
  #bytes = 0;

  /** @param maxBytes  0: nothing is kept */
  constructor({
    store,
    feed,
    types,
    maxBytes,
  }: {
    store: Store;
    feed: ChangeFeed;
    types: TypeRegistry;
    maxBytes: number;
  }) {
    this.#store = store;
    this.#feed = feed;
    this.#maxBytes = maxBytes;
    for (const { name, topics } of types.all) {
      for (const topic of Object.values(topics)) this.#typeOf.set(topic, name);
    }
    feed.listen(({ organisationId, topics }) => {
      if (topics.size === 0) this.#generation++;
      for (const topic of topics.keys()) {
        const type = this.#typeOf.get(topic);
        if (type !== undefined) this.#moved(organisationId, type);
      }
    });
  }

  /** Bytes that are kept, about. */
  get size(): number {
    return this.#bytes;
  }

  #moved(organisationId: number, type: string): void {
    const name = `${organisationId}/${type}`;
    this.#versions.set(name, (this.#versions.get(name) ?? 0) + 1);
  }

  /** What a type's answers are made of now. Never older than what was acknowledged before this was asked. */
  stamp(organisationId: number, type: RecordType): Stamp | Promise<Stamp> {
    const epoch = this.#store.epoch();
    if (epoch === undefined) {
      return this.#store.read((reader) => this.#feed.head(reader, organisationId));
    }
    return this.#stampNow(epoch, organisationId, type);
  }

  #stampNow(epoch: number, organisationId: number, type: RecordType): string {
    if (epoch !== this.#epoch) this.#generation++;
    this.#epoch = epoch;
    return `${this.#generation}/${this.#versions.get(`${organisationId}/${type.name}`) ?? 0}`;
  }

  /** A kept answer that is good, found without waiting for anything; undefined also where that cannot be known. */
  ready(name: string): Kept | undefined {
    const kept = this.#kept.get(name);
    if (!kept) return undefined;
    const epoch = this.#store.epoch();
    if (epoch === undefined) return undefined;
    if (kept.stamp !== this.#stampNow(epoch, kept.organisationId, kept.type)) return undefined;
    kept.used = true;
    return kept;
  }

  /**
   * A kept answer, or one that is made now; those who ask for the same at once share the making.
   * @param name  all that the answer depends on, beside the data
   */
  async get(
    name: string,
    { organisationId, type }: { organisationId: number; type: RecordType },
    make: () => Promise<Made>,
  ): Promise<Kept> {
    const stamp = await this.stamp(organisationId, type);
    const kept = this.#kept.get(name);
    if (kept?.stamp === stamp) {
      kept.used = true;
      return kept;
    }
    const making = this.#making.get(name);
    if (making?.stamp === stamp) return await making.made;
    const made = make().then((answer) => this.#keep(name, stamp, answer));
    this.#making.set(name, { stamp, made });
    try {
      return await made;
    } finally {
      if (this.#making.get(name)?.made === made) this.#making.delete(name);
    }
  }

  #keep(name: string, stamp: Stamp, answer: Made): Kept {
    const tag = new Bun.CryptoHasher("sha256").update(answer.bytes).digest("base64url").slice(0, 22);
    const kept: Kept = { ...answer, stamp, tag, forms: new Map(), used: false };
    this.#drop(name);
    const size = sizeOf(kept);
    if (name.length > MAX_NAME || size > this.#maxBytes * LARGEST) return kept;
    this.#kept.set(name, kept);
    this.#bytes += size;
    this.#makeRoom();
    return kept;
  }

  /** Those that nobody has asked for since the last time go first. */
  #makeRoom(): void {
    for (const [name, kept] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(name);
      if (!kept.used) continue;
      kept.used = false;
      this.#kept.set(name, kept);
      this.#bytes += sizeOf(kept);
    }
  }

  #drop(name: string): void {
    const kept = this.#kept.get(name);
    if (!kept) return;
    this.#kept.delete(name);
    this.#bytes -= sizeOf(kept);
  }
}

/** The bytes of an answer, compressed: once, so well. */
export function encode({ bytes }: Pick<Kept, "bytes">, encoding: Encoding): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    encoding === "zstd" ? Bun.zstdCompressSync(bytes) : Bun.gzipSync(bytes, { level: 6 }),
  );
}

/** With what its compressed forms come to at most. */
function sizeOf({ bytes }: Kept): number {
  return OVERHEAD + bytes.byteLength * 3;
}
