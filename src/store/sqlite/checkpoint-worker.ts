/**
 * The checkpoint thread: copies the write-ahead log into the database file, on its own connection, so that neither
 * the copying nor its two syncs stop the event loop. PASSIVE never makes a writer wait.
 */
import { Database } from "bun:sqlite";

import type { CheckpointReply } from "./checkpoint.ts";

declare const self: Worker;

let database: Database | undefined;

self.onmessage = (event: MessageEvent<string>) => {
  try {
    database ??= new Database(event.data, { readwrite: true, create: false, strict: true });
    database.run("PRAGMA synchronous = NORMAL");
    const row = database
      .query<{ log: number; checkpointed: number }, []>("PRAGMA wal_checkpoint(PASSIVE)")
      .get();
    self.postMessage({ ok: true, left: row ? row.log - row.checkpointed : 0 } satisfies CheckpointReply);
  } catch (error) {
    self.postMessage({ ok: false, message: String(error) } satisfies CheckpointReply);
  }
};
