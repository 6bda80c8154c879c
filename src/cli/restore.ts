import type { Command } from "commander";

import { restore as bringBack, type RestoreOrder, type Restored } from "../backup/restore.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import { configOf, configOption, jsonOption, note, out, outJson } from "./output.ts";
import { type PassphraseOptions, passphraseOf, passphraseOptions } from "./passphrase.ts";
import { PhaseBar } from "./phases.ts";

interface Options extends PassphraseOptions {
  config?: string;
  json?: true;
}

/** `koppla restore FILE` */
export function register(program: Command): void {
  const command = program
    .command("restore")
    .description("bring a backup back, to where the configuration says that there is no database yet")
    .argument("<file>", "a backup, or a copy of a SQLite database")
    .addHelpText("after", EXAMPLES);
  passphraseOptions(jsonOption(configOption(command))).action(restore);
}

const EXAMPLES = `
It is checked before anything is changed. Codes, logins and tokens that were given out count as used up.

Examples:
  $ koppla restore /var/backups/koppla/koppla-20261121T023000Z.kopplabackup
  $ koppla restore koppla.kopplabackup --passphrase-file /root/passphrase
  $ koppla restore data/koppla.db.before-upgrade-from-0003_public_api_and_messages`;

async function restore(file: string, options: Options): Promise<void> {
  const config = await configOf(options);
  const restored = await restoreFrom(file, config, await passphraseOf(options), "back");
  if (options.json) return outJson(restored);
  const from = restored.created_at === undefined ? "" : `, as it was at ${restored.created_at}`;
  out(`Restored ${restored.rows} rows${from}.`);
  tellAbout(restored, config);
  note("Logins and access tokens have ended, one-time codes up to now are used up; API tokens are good.");
}

/** What both `restore` and `import --all` have to say of the key and the version. */
export function tellAbout({ key, upgraded }: Restored, config: Config): void {
  if (upgraded.length > 0) note(`It was of an older version; upgraded by ${upgraded.join(", ")}.`);
  if (key === "restored") note(`The key file is ${config.secrets.keyFile}.`);
  if (key === "missing")
    note(
      `Before the server starts, put the key file of that time at ${config.secrets.keyFile}, with mode 0600.`,
    );
}

export async function restoreFrom(
  file: string,
  config: Config,
  passphrase: string | undefined,
  how: RestoreOrder["how"],
): Promise<Restored> {
  const bar = new PhaseBar();
  const progress = (phase: string, done: number, total: number) =>
    bar.show(phase === "read" ? "reading" : "filling", done, total);
  try {
    return await bringBack({ file, config, passphrase, how, progress, clock: systemClock });
  } finally {
    bar.stop();
  }
}
