/**
 * Bytes that are too many for a row: in chunks, in the database itself. So they are committed with what refers to them,
 * are there for every node, and a copy of the database is a copy of them. Measured against files beside the database:
 * docs/architecture.md.
 */
import type { Room } from "../care/care.ts";
import type { Clock } from "../clock.ts";
import type { Store, Transaction } from "../store/store.ts";
import { type BlobRow, findBlob, findChunk, purgeBlobs } from "./queries.ts";
import { BlobSweeper } from "./sweeper.ts";
import { BlobWriter } from "./writer.ts";

/** Bytes. A multiple of three, so that chunks can be encoded in base64 one by one. */
export const CHUNK = 196_608;

const HOUR_MS = 3_600_000;

/** Some of the bytes of a blob were removed while it was read, or before. */
export class BlobGone extends Error {
  override readonly name = "BlobGone";
}

export interface BlobStoreOptions {
  store: Store;
  clock: Clock;
  /** How long writing one may take at most, milliseconds. */
  longestWrite: number;
  /** Asked before each chunk; without, there is always room. */
  room?: Room;
  /** For tests: bytes of a chunk. */
  chunkSize?: number;
}

export class BlobStore {
  readonly #o: BlobStoreOptions;
  readonly sweeper: BlobSweeper;

  constructor(options: BlobStoreOptions) {
    this.#o = options;
    this.sweeper = new BlobSweeper(options);
  }

  /** @param id  where it has to be known beforehand */
  writer(organisationId: number, id?: string): BlobWriter {
    const { store, clock, longestWrite, room, chunkSize = CHUNK } = this.#o;
    const abandonedAfter = Math.max(HOUR_MS, 2 * longestWrite);
    return new BlobWriter({ store, clock, organisationId, chunkSize, abandonedAfter, room }, id);
  }

  async find(id: string): Promise<BlobRow | undefined> {
    const [row] = await this.#o.store.read((reader) => reader.run(findBlob, { id }));
    return row;
  }

  /**
   * The bytes from `from` up to and without `to`, a chunk at a time; others have their turn in between.
   * @throws BlobGone
   */
  async *read(id: string, from = 0, to = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
    const blob = await this.find(id);
    if (!blob) throw new BlobGone(`there is no blob ${id}`);
    const { chunkSize, size } = blob;
    const end = Math.min(to, size);
    for (let number = Math.floor(from / chunkSize); number * chunkSize < end; number++) {
      const start = number * chunkSize;
      const [chunk] = await this.#o.store.read((reader) => reader.run(findChunk, { blobId: id, number }));
      if (!chunk || start + chunk.data.length < Math.min(end, start + chunkSize)) {
        throw new BlobGone(`chunk ${number} of the blob ${id} is missing`);
      }
      yield chunk.data.subarray(Math.max(0, from - start), Math.max(0, end - start));
    }
  }

  /** In the transaction that removes what refers to them: their bytes go soon, in pieces. */
  async drop(tx: Transaction, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await tx.query(purgeBlobs(ids, this.#o.clock.now()));
    tx.defer(this.sweeper.stage, undefined);
  }

  /** Removes a blob that nothing refers to, with all of its bytes, before it returns. */
  async remove(id: string): Promise<void> {
    await this.#o.store.write((tx) => tx.query(purgeBlobs([id], this.#o.clock.now())));
    await this.sweeper.remove(id);
  }

  /** Gives up blobs that were being written. What is in the store of them goes soon. */
  async abandon(writers: readonly BlobWriter[]): Promise<void> {
    for (const writer of writers) writer.abandon();
    const begun = writers.filter((writer) => writer.begun).map(({ id }) => id);
    if (begun.length > 0) await this.#o.store.write((tx) => this.drop(tx, begun));
  }
}
