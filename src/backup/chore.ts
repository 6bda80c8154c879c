/** Backups by the clock: one into the folder, and out of it those that need not be kept. */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import type { Logger } from "../log.ts";
import type { ChoreRounds } from "../schedules/chores.ts";
import { ENDING, nameAt } from "./format.ts";
import { removeParts } from "./make.ts";
import { toRemove } from "./rotation.ts";
import { runBackup } from "./run.ts";
import { sizeText } from "./space.ts";

export interface BackupChoreCollaborators {
  config: Pick<Config, "database" | "secrets"> & { backup: NonNullable<Config["backup"]> };
  clock: Clock;
  log: Pick<Logger, "info" | "error">;
}

export class BackupChore implements ChoreRounds {
  /** A schedule says when, always. */
  readonly nextAt = undefined;
  readonly #o: BackupChoreCollaborators;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> | undefined;
  #lastAt: number | undefined;

  constructor(collaborators: BackupChoreCollaborators) {
    this.#o = collaborators;
  }

  get lastAt(): number | undefined {
    return this.#lastAt;
  }

  leaveToOthers(): void {}

  /** @returns what was made and removed, in a sentence @throws Problem as {@link runBackup} does */
  now(): Promise<string> {
    const running = this.#make();
    this.#running = running.catch(() => {});
    return running;
  }

  async #make(): Promise<string> {
    const { config, clock, log } = this.#o;
    const { database, secrets, backup } = config;
    const { folder, keep, passphrase } = backup;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      removeLeftovers(folder);
      const name = nameAt(clock.now());
      const key = passphrase === null ? null : { file: secrets.keyFile, passphrase };
      const order = { database, file: join(folder, name), key, now: clock.now() };
      const made = await runBackup(order, { signal: this.#stopping.signal });
      // Only when the new one is there.
      const gone = toRemove(readdirSync(folder), keep);
      for (const old of gone) rmSync(join(folder, old), { force: true });
      this.#lastAt = clock.now();
      log.info("backup made", { file: made.file, bytes: made.bytes, removed: gone.length });
      const removed =
        gone.length === 0 ? "" : `; ${gone.length} older ${gone.length === 1 ? "one" : "ones"} removed`;
      return `Made ${made.file}, ${sizeText(made.bytes)}${removed}.`;
    } catch (error) {
      log.error("no backup was made", { folder, error });
      throw error;
    }
  }

  /** Ends one that is under way; nothing of it stays. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }
}

/** What a backup has left whose server was killed. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, backup] = /^(koppla-\d{8}T\d{6}Z\.kopplabackup)\.part/.exec(name) ?? [];
    if (backup?.endsWith(ENDING)) removeParts(join(folder, backup));
  }
}
