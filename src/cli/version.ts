import type { Command } from "commander";

import { type Inspected, inspectDatabase, inspectFile } from "../backup/inspect.ts";
import { loadConfig } from "../config/load.ts";
import type { DatabaseConfig } from "../config/types.ts";
import { Problem } from "../problem.ts";
import { version } from "../version.ts";
import { exitCodes, jsonOption, note, out, outJson } from "./output.ts";

interface Options {
  check?: string;
  json?: true;
}

/** `koppla version`, `koppla version --check FILE` */
export function register(program: Command): void {
  const command = program
    .command("version")
    .description("print the version, or whether it can be used with a database or backup")
    .option("--check <file>", "a koppla.yaml (its database), a database or a backup; nothing is changed")
    .addHelpText("after", EXAMPLES);
  jsonOption(command).action((options: Options) =>
    options.check === undefined ? show(options) : check(options.check, options),
  );
}

const EXAMPLES = `
With --check it ends with 1 where this version cannot be used.

Examples:
  $ koppla version --check /etc/koppla/koppla.yaml
  $ koppla version --check koppla.kopplabackup`;

function show(options: Options): void {
  if (options.json) outJson({ version, bun: Bun.version, platform: `${process.platform}-${process.arch}` });
  else out(version);
}

async function check(file: string, options: Options): Promise<void> {
  const found = (await inspectFile(file)) ?? (await inspectDatabase(await databaseOf(file)));
  if (!found) {
    if (options.json)
      return outJson({ version, file, kind: null, koppla: null, state: "new", migrations: [] });
    return out(`ok ${file}: there is no database yet; the first start makes one.`);
  }
  if (found.state === "foreign") throw new Problem("invalid", `${file} is not Koppla's.`);
  if (options.json) outJson({ version, file, ...found });
  else tell(file, found);
  if (found.state === "newer") process.exitCode = exitCodes.failed;
}

/** What is wrong with a configuration is told with what was found in it: of another file that may be a secret. */
async function databaseOf(file: string): Promise<DatabaseConfig> {
  if (!/\.(ya?ml|json)$/i.test(file))
    throw new Problem("invalid", `${file} is no koppla.yaml, no database and no backup.`);
  return (await loadConfig(file, process.env)).database;
}

function tell(file: string, { kind, koppla, state, migrations }: Inspected): void {
  const names = migrations.join(", ");
  const by = koppla === null ? "" : ` of koppla ${koppla}`;
  if (state === "current") return out(`ok ${file}: up to date with koppla ${version}.`);
  if (state === "newer") {
    out(`${file}: made by a newer version${koppla === null ? "" : `, koppla ${koppla}`}: it has ${names}.`);
    note(
      "Use that version or a newer one; or restore a backup, or the copy that was made before the upgrade.",
    );
    return;
  }
  const copy = {
    sqlite: "the first start makes a copy and",
    postgres: "make a backup; the first start",
    backup: "koppla restore",
  };
  out(`ok ${file}: a database${by}; ${copy[kind]} upgrades it by ${names}.`);
}
