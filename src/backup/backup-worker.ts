/** The thread that makes a backup: one order, and it ends. */
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
