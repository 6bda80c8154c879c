/** The statements of blobs. */
import { and, asc, eq, inArray, isNotNull, lte, sql } from "drizzle-orm";

import { type Params, type Room, statement } from "../store/statement.ts";

export interface BlobRow {
  id: string;
  organisationId: number;
  size: number;
  chunkSize: number;
  createdAt: number;
  purgeAt: number | null;
}

export const putBlob = statement(({ db, t }, p: Params<BlobRow>) =>
  db
    .insert(t.blobs)
    .values({
      id: p.id,
      organisationId: p.organisationId,
      size: p.size,
      chunkSize: p.chunkSize,
      createdAt: p.createdAt,
      purgeAt: p.purgeAt,
    })
    .onConflictDoUpdate({
      target: t.blobs.id,
      set: { size: sql`excluded.size`, purgeAt: sql`excluded.purge_at` },
    }),
);

export const putChunk = statement(
  ({ db, t }, p: Params<{ blobId: string; number: number; data: Uint8Array }>) =>
    db
      .insert(t.blobChunks)
      .values({ blobId: p.blobId, number: p.number, data: p.data })
      // A write that runs again finds what it has written.
      .onConflictDoNothing(),
);

export const findBlob = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.select().from(t.blobs).where(eq(t.blobs.id, p.id)),
);

export const findChunk = statement(({ db, t }, p: Params<{ blobId: string; number: number }>) =>
  db
    .select({ data: t.blobChunks.data })
    .from(t.blobChunks)
    .where(and(eq(t.blobChunks.blobId, p.blobId), eq(t.blobChunks.number, p.number))),
);

export function purgeBlobs(ids: readonly string[], purgeAt: number) {
  return ({ db, t }: Room) =>
    db
      .update(t.blobs)
      .set({ purgeAt })
      .where(inArray(t.blobs.id, [...ids]));
}

/** What is to be removed next. `is not null` is said for the partial index. */
export const nextToPurge = statement(({ db, t }, _: Params<Record<never, never>>) =>
  db
    .select({ id: t.blobs.id, purgeAt: t.blobs.purgeAt })
    .from(t.blobs)
    .where(isNotNull(t.blobs.purgeAt))
    .orderBy(asc(t.blobs.purgeAt))
    .limit(1),
);

/** Holds the row until the transaction ends, where its time has (still) come. */
export const claimPurge = statement(({ db, t }, p: Params<{ id: string; now: number }>) =>
  db
    .update(t.blobs)
    .set({ size: 0 })
    .where(and(eq(t.blobs.id, p.id), lte(t.blobs.purgeAt, p.now)))
    .returning({ id: t.blobs.id }),
);

/** The numbers of the first chunks that are still there. */
export const chunksLeft = statement(({ db, t }, p: Params<{ blobId: string; limit: number }>) =>
  db
    .select({ number: t.blobChunks.number })
    .from(t.blobChunks)
    .where(eq(t.blobChunks.blobId, p.blobId))
    .orderBy(asc(t.blobChunks.number))
    .limit(p.limit),
);

/** Removes those up to a number. */
export const removeChunks = statement(({ db, t }, p: Params<{ blobId: string; upTo: number }>) =>
  db.delete(t.blobChunks).where(and(eq(t.blobChunks.blobId, p.blobId), lte(t.blobChunks.number, p.upTo))),
);

export const removeBlob = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.delete(t.blobs).where(eq(t.blobs.id, p.id)),
);
