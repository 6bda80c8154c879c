import type { Command } from "commander";
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

import { nameAt } from "../backup/format.ts";
import { checkPassphrase, openKey } from "../backup/key.ts";
import { type BackupResult, removeParts } from "../backup/make.ts";
import { runBackup } from "../backup/run.ts";
import { sizeText } from "../backup/space.ts";
import { verify } from "../backup/verify.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import { invalid } from "../problem.ts";
import { configOf, configOption, jsonOption, note, out, outJson } from "./output.ts";
import { type PassphraseOptions, passphraseOf, passphraseOptions } from "./passphrase.ts";
import { PhaseBar } from "./phases.ts";

interface Options extends PassphraseOptions {
  config?: string;
  withKey?: true;
  json?: true;
}

/** `koppla backup FILE`, `koppla backup verify FILE` */
export function register(program: Command): void {
  const command = program
    .command("backup")
    .description("copy everything into one file, while the server runs or is stopped")
    .argument("<file>", "the file to make; in a folder, it is named by the time")
    .option("--with-key", "with the key file, sealed by a passphrase")
    .addHelpText("after", EXAMPLES);
  passphraseOptions(jsonOption(configOption(command))).action(backup);
  const check = command
    .command("verify")
    .description("check that a backup is whole and can be restored; nothing is changed")
    .argument("<file>", "the backup");
  // The command above takes options of the same names first.
  passphraseOptions(jsonOption(check)).action((file: string, _: unknown, self: Command) =>
    verifyFile(file, self.optsWithGlobals<Options>()),
  );
}

const EXAMPLES = `
Examples:
  $ koppla backup /var/backups/koppla/
  $ koppla backup koppla.kopplabackup --with-key --passphrase-file /root/passphrase
  $ koppla backup verify koppla.kopplabackup`;

async function backup(given: string, options: Options): Promise<void> {
  const config = await configOf(options);
  const passphrase = await passphraseFor(options, config);
  const made = await backupTo(given, config, passphrase);
  if (options.json) return outJson(made);
  out(`Made ${made.file}: ${sizeText(made.bytes)}, ${made.rows} rows.`);
  if (!made.key)
    note(`The key file is not in it: keep a copy of ${config.secrets.keyFile} apart, or ask for --with-key.`);
}

/** @returns undefined where the key file is not asked for */
async function passphraseFor(options: Options, config: Config): Promise<string | undefined> {
  const given = await passphraseOf(options);
  if (given === undefined && !options.withKey) return undefined;
  const passphrase = given ?? config.backup?.passphrase ?? undefined;
  if (passphrase === undefined) {
    throw invalid(
      "--with-key",
      "needs --passphrase-file, --passphrase-stdin or backup.passphrase: a key is never written unsealed",
    );
  }
  checkPassphrase(passphrase);
  return passphrase;
}

/** Makes a backup with a bar on the terminal. Who interrupts it finds nothing of it. */
export async function backupTo(
  given: string,
  config: Config,
  passphrase: string | undefined,
): Promise<BackupResult> {
  const now = systemClock.now();
  const isFolder = given.endsWith("/") || (existsSync(given) && statSync(given).isDirectory());
  const file = resolve(isFolder ? join(given, nameAt(now)) : given);
  const key = passphrase === undefined ? null : { file: config.secrets.keyFile, passphrase };
  const bar = new PhaseBar();
  const interrupted = () => {
    removeParts(file);
    process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  try {
    return await runBackup(
      { database: config.database, file, key, now },
      {
        progress: ({ phase, done, total }) => bar.show(phase === "copy" ? "copying" : "packing", done, total),
      },
    );
  } finally {
    bar.stop();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupted);
  }
}

async function verifyFile(file: string, options: Options): Promise<void> {
  const passphrase = await passphraseOf(options);
  const bar = new PhaseBar();
  const { manifest, key, rows, standing } = await verify(file, {
    progress: (done, total) => bar.show("reading", done, total),
  }).finally(() => bar.stop());
  if (passphrase !== undefined) {
    if (!key) throw invalid("--passphrase-file", "has nothing to open: the backup has no key file");
    await openKey(key, passphrase);
  }
  if (options.json) {
    const { state, migrations } = standing;
    return outJson({
      ...{ file, whole: true, rows, key: key !== undefined, state, migrations },
      ...{ koppla: manifest?.koppla ?? null, created_at: manifest?.created_at ?? null },
    });
  }
  const from = manifest ? `made ${manifest.created_at} by koppla ${manifest.koppla}` : "a plain database";
  out(`ok ${file}`);
  out(`   ${from}; ${rows} rows; ${key ? "with the key file, sealed" : "without the key file"}`);
  if (standing.state === "older")
    out(`   restoring it here upgrades it by ${standing.migrations.join(", ")}`);
  if (standing.state === "newer") {
    note("It was made by a newer version: this one cannot restore it.");
    process.exitCode = 1;
  }
}
