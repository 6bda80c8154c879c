/** Backups by the clock: one into the folder, and out of it those that need not be kept. */
import { accessSync, constants, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import type { Logger } from "../log.ts";
import { Problem } from "../problem.ts";
import type { ChoreRounds } from "../schedules/chores.ts";
import { ENDING, nameAt } from "./format.ts";
import { removeParts } from "./make.ts";
import { toRemove } from "./rotation.ts";
import { runBackup } from "./run.ts";
import { sizeText } from "./space.ts";
import type { BackupNotice } from "./notice.ts";

export interface BackupChoreCollaborators {
  config: Pick<Config, "database" | "secrets"> & { backup: NonNullable<Config["backup"]> };
  clock: Clock;
  log: Pick<Logger, "info" | "error">;
  /** Who is told of a backup that was not made. */
  notice: Pick<BackupNotice, "failed" | "made">;
}

export class BackupChore implements ChoreRounds {
  /** A schedule says when, always. */
  readonly nextAt = undefined;
  readonly #o: BackupChoreCollaborators;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> | undefined;
  #lastAt: number | undefined;
  #failures = 0;

  constructor(collaborators: BackupChoreCollaborators) {
    this.#o = collaborators;
  }

  get lastAt(): number | undefined {
    return this.#lastAt;
  }

  /** How many have failed since the start of this process. */
  get failures(): number {
    return this.#failures;
  }

  leaveToOthers(): void {}

  /** @returns what was made and removed, in a sentence @throws Problem that says why none was made */
  now(): Promise<string> {
    const running = this.#make();
    this.#running = running.catch(() => {});
    return running;
  }

  async #make(): Promise<string> {
    const { config, clock, log, notice } = this.#o;
    const { database, secrets, backup } = config;
    const { folder, keep, passphrase } = backup;
    try {
      openFolder(folder);
      removeLeftovers(folder);
      const name = nameAt(clock.now());
      const key = passphrase === null ? null : { file: secrets.keyFile, passphrase };
      const order = { database, file: join(folder, name), key, now: clock.now() };
      const made = await runBackup(order, { signal: this.#stopping.signal });
      // Only when the new one is there.
      const gone = toRemove(readdirSync(folder), keep);
      for (const old of gone) rmSync(join(folder, old), { force: true });
      this.#lastAt = clock.now();
      notice.made();
      log.info("backup made", { file: made.file, bytes: made.bytes, removed: gone.length });
      const removed =
        gone.length === 0 ? "" : `; ${gone.length} older ${gone.length === 1 ? "one" : "ones"} removed`;
      return `Made ${made.file}, ${sizeText(made.bytes)}${removed}.`;
    } catch (error) {
      // Told to end with the server: it is begun anew by the next start.
      if (this.#stopping.signal.aborted) throw error;
      this.#failures++;
      log.error("no backup was made", { folder, error });
      const reason = reasonOf(error);
      await notice.failed(folder, reason);
      throw reason;
    }
  }

  /** Ends one that is under way; nothing of it stays. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }
}

/** @throws Problem `forbidden` where it cannot be made or written */
function openFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    throw new Problem("forbidden", `Nothing can be written in the folder of backups ${folder}${code}.`);
  }
}

/**
 * What the run of the schedule is to end with. An operation that fails for want of room, or of its database, is begun
 * again and again; here it is another disk that is full, and the next time is soon enough.
 */
function reasonOf(error: unknown): Problem {
  if (error instanceof Problem) return new Problem("conflict", error.message);
  const [code] = /\b(?:E[A-Z]{3,}|SQLITE_[A-Z_]+)\b/.exec(String(error)) ?? [];
  const what = `It failed by a fault of the server${code === undefined ? "" : ` (${code})`}`;
  return new Problem("conflict", `${what}; the line "no backup was made" of its log says more.`);
}

/** What a backup has left whose server was killed. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, backup] = /^(koppla-\d{8}T\d{6}Z\.kopplabackup)\.part/.exec(name) ?? [];
    if (backup?.endsWith(ENDING)) removeParts(join(folder, backup));
  }
}
