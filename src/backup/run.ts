/** A backup for whoever asks: the command line, or the schedule. The work is done on a thread of its own. */
import { stat } from "node:fs/promises";

import { workerUrl } from "../assets.ts";
import { Problem } from "../problem.ts";
import type { BackupReply } from "./backup-worker.ts";
import { type BackupOrder, type BackupProgress, type BackupResult, copyOf, removeParts } from "./make.ts";

/** How often the growing copy is looked at, ms: SQLite does not tell how far it has come. */
const LOOK_MS = 250;

export interface RunOptions {
  progress?: (progress: BackupProgress) => void;
  /** Ends it, and takes away what it has written. */
  signal?: AbortSignal;
}

/** @throws Problem `conflict`, `storage_full`, `not_found`; `unavailable` where it was told to end */
export async function runBackup(
  order: BackupOrder,
  { progress, signal }: RunOptions = {},
): Promise<BackupResult> {
  const worker = new Worker(workerUrl("backup/backup-worker.ts"));
  let copying: BackupProgress | undefined;
  const look = setInterval(async () => {
    if (!copying || !progress || order.database.kind !== "sqlite") return;
    const size = await stat(copyOf(order.file)).then(
      (found) => found.size,
      () => 0,
    );
    if (copying) progress({ ...copying, done: Math.min(size, copying.total) });
  }, LOOK_MS);
  try {
    return await new Promise<BackupResult>((resolve, reject) => {
      const end = () => {
        removeParts(order.file);
        reject(new Problem("unavailable", "The backup was told to end; nothing of it is left."));
      };
      if (signal?.aborted) return end();
      signal?.addEventListener("abort", end, { once: true });
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.onmessage = ({ data }: MessageEvent<BackupReply>) => {
        if ("result" in data) return resolve(data.result);
        if ("failure" in data) {
          const { code, message } = data.failure;
          return reject(code === undefined ? new Error(message) : new Problem(code, message));
        }
        copying = data.progress.phase === "copy" ? data.progress : undefined;
        progress?.(data.progress);
      };
      worker.postMessage(order);
    });
  } finally {
    clearInterval(look);
    worker.terminate();
  }
}
