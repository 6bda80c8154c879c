/** `koppla export --all` and `koppla import --all`: everything, from SQLite to PostgreSQL or back, or elsewhere. */
import { sizeText } from "../backup/space.ts";
import { holderOf } from "../control/lock.ts";
import { invalid } from "../problem.ts";
import { backupTo } from "./backup.ts";
import { configOf, note, out, outJson } from "./output.ts";
import type { ReachOptions } from "./reach.ts";
import { restoreFrom, tellAbout } from "./restore.ts";

/** The file is a backup; what tells it apart is that the database goes on as it is in it. */
export async function exportAll(file: string, options: ReachOptions): Promise<void> {
  refuseOthers(file, options);
  const config = await configOf(options);
  if (holderOf(config.database)) note("The server runs: what changes from now on is not in the file.");
  const made = await backupTo(file, config, undefined);
  if (options.json) return outJson(made);
  out(`Wrote ${made.file}: ${sizeText(made.bytes)}, ${made.rows} rows.`);
  note(`Take ${config.secrets.keyFile} along: what is sealed in it opens with that key alone.`);
}

/** @throws Problem `conflict` where the database is not new */
export async function importAll(file: string, options: ReachOptions): Promise<void> {
  refuseOthers(file, options);
  const config = await configOf(options);
  const moved = await restoreFrom(file, config, undefined, "move");
  if (options.json) return outJson(moved);
  out(`Moved ${moved.rows} rows.`);
  tellAbout(moved, config);
}

function refuseOthers(file: string, { org, url, tokenFile }: ReachOptions): void {
  const given = Object.entries({ "--org": org, "--url": url, "--token-file": tokenFile });
  for (const [name, value] of given)
    if (value !== undefined)
      throw invalid(name, "has no meaning with --all: it is the whole database, on this machine");
  if (file === "-") throw invalid("FILE", "must be a file with --all");
}
