/**
 * A backup that was not made is told to the sysadmin by mail, where there is a mail server and `smtp.admin`: nobody
 * looks at a log that has always been right. Once, and as long as it goes on failing once a day.
 */
import { hostname } from "node:os";

import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import { isoTime } from "../http/query.ts";
import type { Logger } from "../log.ts";
import type { NewMail } from "../mail/outbox.ts";
import type { Problem } from "../problem.ts";
import type { Store, Transaction } from "../store/store.ts";
import type { ShownBackups } from "../system/backups.ts";

export interface BackupNoticeOptions {
  store: Pick<Store, "write">;
  clock: Clock;
  log: Pick<Logger, "error">;
  config: Pick<Config, "smtp" | "server">;
  /** Queues a mail in the transaction. */
  outbox: { queue(tx: Transaction, mail: NewMail): void };
  /** The mail is in the log of the organisation that was made first, whose sysadmin is the server's. */
  organisations: { all(): Promise<readonly { id: number }[]> };
  system: { backups(): Promise<Pick<ShownBackups, "last_at">> };
}

const DAY = 86_400_000;
/** A nightly run comes a little less than a day after the one before when that took its time. */
const AGAIN_AFTER = 0.9 * DAY;

export class BackupNotice {
  readonly #o: BackupNoticeOptions;
  /** Undefined: the last one was made, as far as this process knows. */
  #toldAt: number | undefined;

  constructor(options: BackupNoticeOptions) {
    this.#o = options;
  }

  made(): void {
    this.#toldAt = undefined;
  }

  /** Never throws. */
  async failed(folder: string, reason: Problem): Promise<void> {
    const { config, clock, log } = this.#o;
    const recipient = config.smtp?.admin ?? undefined;
    const now = clock.now();
    if (recipient === undefined) return;
    if (this.#toldAt !== undefined && Math.abs(now - this.#toldAt) < AGAIN_AFTER) return;
    this.#toldAt = now;
    try {
      await this.#tell(recipient, folder, reason, now);
    } catch (error) {
      this.#toldAt = undefined;
      log.error("nobody could be mailed that no backup was made", { error });
    }
  }

  async #tell(recipient: string, folder: string, reason: Problem, now: number): Promise<void> {
    const { store, outbox, organisations, system, config } = this.#o;
    const ids = (await organisations.all()).map(({ id }) => id);
    if (ids.length === 0) return;
    const organisationId = Math.min(...ids);
    const { last_at } = await system.backups();
    const body = [
      `The backup of ${config.server.publicUrl} at ${isoTime(now)} was not made.`,
      "",
      `Why: ${reason.message}`,
      `Server: ${hostname()}`,
      `Folder: ${folder}`,
      `The last one: ${last_at ?? "there is none yet"}`,
      "",
      `The schedule goes on. When it is mended, make one at once: koppla backup ${folder}/`,
      "",
    ].join("\n");
    const subject = "Koppla: no backup was made";
    await store.write(async (tx) => outbox.queue(tx, { organisationId, recipient, subject, body }));
  }
}
