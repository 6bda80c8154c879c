/**
 * Bytes on their way into the store. They are gathered into chunks, each written in a transaction of its own while the
 * rest is still coming, so that a body of any length takes the memory of a chunk. What is not kept in the end, the
 * sweeper removes: also after the death of the process.
 */
import type { Room } from "../care/care.ts";
import type { Clock } from "../clock.ts";
import { rehearsal } from "../rehearsal.ts";
import type { Store, Transaction } from "../store/store.ts";
import { putBlob, putChunk } from "./queries.ts";

/** What a first piece of unknown length is given room for. */
const FIRST_ROOM = 4_096;

export interface WriterOptions {
  store: Store;
  clock: Clock;
  organisationId: number;
  /** Bytes. */
  chunkSize: number;
  /** How long after its last chunk a blob that nobody refers to stays, milliseconds: whoever writes it is gone by then. */
  abandonedAfter: number;
  room?: Room | undefined;
}

export class BlobWriter {
  readonly id: string;
  readonly #o: WriterOptions;
  #buffer = new Uint8Array(0);
  #used = 0;
  /** Chunks that are full and not written yet. */
  #full: Uint8Array[] = [];
  #written = 0;
  #size = 0;

  constructor(options: WriterOptions, id: string = Bun.randomUUIDv7()) {
    this.#o = options;
    this.id = id;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Whether some of it is in the store. */
  get begun(): boolean {
    return this.#written > 0;
  }

  /** Takes a copy of bytes. {@link drain} writes what has become full. */
  push(bytes: Uint8Array): void {
    this.#size += bytes.length;
    for (let from = 0; from < bytes.length;) {
      const room = this.#room(bytes.length - from);
      const piece = bytes.subarray(from, from + room);
      this.#buffer.set(piece, this.#used);
      this.#used += piece.length;
      from += piece.length;
      if (this.#used < this.#o.chunkSize) continue;
      this.#full.push(this.#buffer);
      this.#buffer = new Uint8Array(0);
      this.#used = 0;
    }
  }

  /** How many of `wanted` bytes fit; makes room for as many as a chunk may have. */
  #room(wanted: number): number {
    const { chunkSize } = this.#o;
    if (this.#used + wanted > this.#buffer.length && this.#buffer.length < chunkSize) {
      const length = Math.max(FIRST_ROOM, 2 * this.#buffer.length, this.#used + wanted);
      const larger = new Uint8Array(Math.min(chunkSize, length));
      larger.set(this.#buffer.subarray(0, this.#used));
      this.#buffer = larger;
    }
    return Math.min(wanted, this.#buffer.length - this.#used);
  }

  /** Writes the chunks that are full. @throws Problem `storage_full` where the disk is nearly so. Of a dry run they are counted, since nobody is to wait while it comes in. */
  async drain(): Promise<void> {
    if (rehearsal()) {
      this.#full = [];
      return;
    }
    const { store, clock, abandonedAfter, room } = this.#o;
    for (let data = this.#full[0]; data; data = this.#full[0]) {
      room?.demand();
      const number = this.#written;
      const now = clock.now();
      const chunk = data;
      await store.write(async (tx) => {
        await tx.run(putBlob, this.#row((number + 1) * chunk.length, now, now + abandonedAfter));
        await tx.run(putChunk, { blobId: this.id, number, data: chunk });
      });
      this.#full.shift();
      this.#written++;
    }
  }

  /**
   * Writes what is left, after {@link drain}, in the transaction of whoever will refer to it.
   * @param purgeAt  null: it stays until it is dropped; else it goes by itself then, milliseconds since 1970
   */
  async settle(tx: Transaction, purgeAt: number | null = null): Promise<void> {
    if (this.#full.length > 0) throw new Error("a blob is settled before it is drained");
    await tx.run(putBlob, this.#row(this.#size, this.#o.clock.now(), purgeAt));
    if (this.#used === 0) return;
    const data = this.#buffer.subarray(0, this.#used);
    await tx.run(putChunk, { blobId: this.id, number: this.#written, data });
  }

  #row(size: number, createdAt: number, purgeAt: number | null) {
    const { organisationId, chunkSize } = this.#o;
    return { id: this.id, organisationId, size, chunkSize, createdAt, purgeAt };
  }

  /** Lets go of what it holds. What is in the store already, the caller drops. */
  abandon(): void {
    this.#full = [];
    this.#buffer = new Uint8Array(0);
    this.#used = 0;
  }
}
