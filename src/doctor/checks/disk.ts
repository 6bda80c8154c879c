import { existsSync } from "node:fs";
import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";

import { sizeText } from "../../backup/space.ts";
import { type Check, error, type Finding, ok, worst, warning } from "../check.ts";

const MB = 2 ** 20;
/** Bytes below which it is an error, and a warning. */
const ERROR = 100 * MB;
const WARNING = 1_024 * MB;

const REMEDY =
  "Free some, enlarge it, or keep less: webhooks.log_retention and webhooks.log_max bound the webhook log.";

/** Whether the disks of the data have room left. */
export const disk: Check = {
  name: "disk",
  run: async ({ config: { database, secrets } }) => {
    const size =
      database.kind === "sqlite" && existsSync(database.path) ? (await stat(database.path)).size : 0;
    const folders = new Map([[nearest(dirname(secrets.keyFile)), 0]]);
    if (database.kind === "sqlite") folders.set(nearest(dirname(database.path)), size);
    const found = await Promise.all([...folders].map(([folder, copy]) => roomOf(folder, copy)));
    return worst(found);
  },
};

/** @param copy  bytes that an upgrade or a backup would write there at once */
async function roomOf(folder: string, copy: number): Promise<Finding> {
  const { bavail, bsize, blocks } = await statfs(folder);
  return judgeRoom(folder, { free: bavail * bsize, all: blocks * bsize, copy });
}

/** Bytes each. */
export function judgeRoom(
  folder: string,
  { free, all, copy }: { free: number; all: number; copy: number },
): Finding {
  const told = `${sizeText(free)} of ${sizeText(all)} are free in ${folder}.`;
  if (free < ERROR) return error(told, REMEDY);
  if (free < WARNING) return warning(told, REMEDY);
  if (free < copy) {
    return warning(
      `${told} That is less than the database itself, of which an upgrade makes a copy.`,
      REMEDY,
    );
  }
  return ok(told);
}

/** The folder, or the one above it that there is: it is made at the first start. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}
