import type { ShownBackups } from "../../system/service.ts";
import { dataCheck, error, type Finding, lasting, ok, warning } from "../check.ts";

const DAY = 86_400_000;
const WARNING = 2 * DAY;
const ERROR = 7 * DAY;

/** Whether there is a backup that is not too old. */
export const backup = dataCheck("backup", async ({ system }, { clock }) =>
  judgeBackup(await system.backups(), clock.now()),
);

/** @param now  milliseconds since 1970 */
export function judgeBackup({ last_at, last_ok, path, schedule }: ShownBackups, now: number): Finding {
  const where = path === null ? "" : ` in ${path}`;
  if (last_at === null) {
    return warning(
      `Koppla knows of no backup${where}.`,
      schedule === null
        ? "Back up the database and the key file: `koppla backup`, or a schedule of it."
        : "Wait for the schedule, or run `koppla backup` now.",
    );
  }
  const age = now - Date.parse(last_at);
  const told = `The last backup${where} was made ${lasting(Math.max(0, age))} ago`;
  const remedy = "Run `koppla backup`, and look in the server's log for why the schedule did not.";
  if (last_ok === false) return error(`${told} and failed.`, remedy);
  if (age > ERROR) return error(`${told}.`, remedy);
  return age > WARNING ? warning(`${told}.`, remedy) : ok(`${told}.`);
}
