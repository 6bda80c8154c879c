import type { ShownBackups } from "../../system/backups.ts";
import { dataCheck, error, type Finding, lasting, ok, skipped, warning } from "../check.ts";

const DAY = 86_400_000;
const WARNING = 2 * DAY;
const ERROR = 7 * DAY;

/** Whether there is a backup that is not too old, and none has failed since. */
export const backup = dataCheck("backup", async ({ store, system }, { clock }) => {
  const found = await system.backups();
  if (store.dialect === "postgres" && found.path === null) {
    return skipped("PostgreSQL's own tools make its backups.");
  }
  return judgeBackup(found, clock.now());
});

/** @param now  milliseconds since 1970 */
export function judgeBackup({ last_at, last_failure, path, schedule }: ShownBackups, now: number): Finding {
  if (path === null) {
    return warning(
      "Koppla makes no backups by itself: backup is not set.",
      "Set backup.folder in the configuration, on another disk if there is one; or run `koppla backup` yourself.",
    );
  }
  if (last_failure !== null) {
    const { at, reason } = last_failure;
    const ago = lasting(Math.max(0, now - Date.parse(at)));
    const before = last_at === null ? "There is none yet." : `The last one was made at ${last_at}.`;
    return error(
      `The backup of ${ago} ago was not made: ${reason} ${before}`,
      "Mend what the message names (room, the folder and its owner), then run the schedule or `koppla backup`.",
    );
  }
  if (last_at === null) {
    return warning(
      `There is no backup in ${path} yet${schedule === null ? "" : `; the schedule is ${schedule}`}.`,
      "Run `koppla backup`, or wait for the schedule.",
    );
  }
  const age = now - Date.parse(last_at);
  const told = `The last backup in ${path} was made ${lasting(Math.max(0, age))} ago.`;
  const remedy =
    "Run `koppla backup`, and look in the log (`no backup was made`) for why the schedule did not.";
  if (age > ERROR) return error(told, remedy);
  return age > WARNING ? warning(told, remedy) : ok(told);
}
