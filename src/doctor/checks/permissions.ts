import type { Stats } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";

import { type Check, error, type Finding, ok, skipped, warning, worst } from "../check.ts";

/** Whether what is secret is so, and what is written can be. */
export const permissions: Check = {
  name: "permissions",
  run: async ({ config: { database, file, secrets } }) => {
    if (process.platform === "win32") return skipped("Windows has no modes of files.");
    const found = [await keyFile(secrets.keyFile)];
    if (database.kind === "sqlite") {
      found.push(await folder(dirname(database.path)), await databaseFile(database.path));
    }
    if (file !== null) found.push(await configuration(file));
    return worst(found);
  },
};

async function keyFile(path: string): Promise<Finding> {
  const found = await statOf(path);
  if (!found) {
    return warning(
      `There is no key file ${path} yet.`,
      "The first `koppla serve` makes it; back it up then.",
    );
  }
  if ((found.mode & 0o077) !== 0) {
    return error(`Others can read the key file ${path} (mode ${mode(found)}).`, `chmod 600 '${path}'`);
  }
  return (await may(path, constants.R_OK))
    ? ok(`The key file ${path} is its owner's alone.`)
    : error(`The key file ${path} cannot be read by this user.`, "Run this as the user that koppla runs as.");
}

async function folder(path: string): Promise<Finding> {
  const found = await statOf(path);
  if (!found) return ok(`The data folder ${path} is made at the first start.`);
  if (!(await may(path, constants.W_OK))) {
    return error(
      `The data folder ${path} cannot be written by this user.`,
      "Run this as the user that koppla runs as, or give the folder to that user (chown).",
    );
  }
  if ((found.mode & 0o022) !== 0) {
    return warning(
      `Others can write to the data folder ${path} (mode ${mode(found)}).`,
      `chmod 700 '${path}'`,
    );
  }
  return ok(`The data folder ${path} can be written.`);
}

async function databaseFile(path: string): Promise<Finding> {
  const found = await statOf(path);
  if (!found) return ok("There is no database yet.");
  if ((found.mode & 0o077) === 0) return ok("The database is its owner's alone.");
  return warning(`Others can read the database ${path} (mode ${mode(found)}).`, `chmod 600 '${path}'`);
}

async function configuration(path: string): Promise<Finding> {
  const found = await statOf(path);
  if (!found || (found.mode & 0o022) === 0) return ok("Only its owner can write the configuration.");
  return warning(
    `Others can write the configuration ${path} (mode ${mode(found)}), and so decide what runs.`,
    `chmod 640 '${path}'`,
  );
}

const statOf = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);

const may = (path: string, how: number): Promise<boolean> =>
  access(path, how).then(
    () => true,
    () => false,
  );

const mode = ({ mode: bits }: Stats): string => (bits & 0o777).toString(8).padStart(4, "0");
