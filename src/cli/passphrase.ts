/** The passphrase of a backup's key file: from a file or from standard input, never among the arguments. */
import type { Command } from "commander";

import { invalid } from "../problem.ts";
import { readSecret } from "./output.ts";

export interface PassphraseOptions {
  passphraseFile?: string;
  passphraseStdin?: true;
}

export function passphraseOptions(command: Command): Command {
  return command
    .option(
      "--passphrase-file <file>",
      "holds the passphrase of the key file in the backup, in its first line",
    )
    .option("--passphrase-stdin", "the passphrase is the first line of standard input");
}

/** @returns undefined where none was given @throws Problem `invalid` */
export async function passphraseOf(options: PassphraseOptions): Promise<string | undefined> {
  const { passphraseFile: file, passphraseStdin } = options;
  if (file !== undefined && passphraseStdin)
    throw invalid("--passphrase-stdin", "and a file: give one of them");
  if (passphraseStdin) return await readSecret();
  if (file === undefined) return undefined;
  if (!(await Bun.file(file).exists())) throw invalid("--passphrase-file", `there is no file ${file}`);
  const [line = ""] = (await Bun.file(file).text()).split(/\r?\n/, 1);
  if (line === "") throw invalid("--passphrase-file", `${file} begins with an empty line`);
  return line;
}
