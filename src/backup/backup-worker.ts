/** The thread that makes a backup: one order, and it ends. */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";

import { Problem, type ProblemCode } from "../problem.ts";
import { type BackupOrder, type BackupProgress, type BackupResult, make } from "./make.ts";

declare const self: Worker;

export type BackupReply =
  | { progress: BackupProgress }
  | { result: BackupResult }
  | { failure: { code: ProblemCode | undefined; message: string } };

const reply = (message: BackupReply) => self.postMessage(message);
/** Shown at most so often, ms. */
const PROGRESS_MS = 100;

/** How far this thread steps back behind the others of the machine: 19 would be last of all. */
const NICENESS = 10;

/** On Linux alone a thread has a priority of its own, known by its number. */
function stepBack(): void {
  try {
    setPriority(Number(basename(readlinkSync("/proc/thread-self"))), NICENESS);
  } catch {
    // It is done all the same, only sooner.
  }
}

stepBack();

self.onmessage = ({ data }: MessageEvent<BackupOrder>) => {
  let last = 0;
  let phase = "";
  const tell = (progress: BackupProgress) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS && progress.phase === phase) return;
    last = now;
    phase = progress.phase;
    reply({ progress });
  };
  make(data, tell).then(
    (result) => reply({ result }),
    (error: unknown) => {
      const code = error instanceof Problem ? error.code : undefined;
      reply({ failure: { code, message: error instanceof Error ? error.message : String(error) } });
    },
  );
};
