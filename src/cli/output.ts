/**
 * What commands share: printing for people and for machines, common options, secrets from standard input.
 * Standard output carries the result only; everything else goes to standard error.
 */
import type { Command } from "commander";
import { writeSync } from "node:fs";

import { configFile, loadConfig } from "../config/load.ts";
import type { Config } from "../config/types.ts";

/** What the process ends with. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, badConfiguration: 78 } as const;

/** Prints a line of the result. */
export function out(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints the result for machines. */
export function outJson(value: unknown): void {
  out(JSON.stringify(value, null, 2));
}

/** Prints a line that is not the result: progress, a warning, a next step. Done when it returns. */
export function note(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // Nobody listens (EPIPE), and there is nobody else to tell.
  }
}

type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
const styles: Record<Style, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** Colours `text` where `stream` is a terminal and NO_COLOR (https://no-color.org) is not set. */
export function paint(style: Style, text: string, stream: { isTTY?: boolean } = process.stdout): string {
  if (stream.isTTY !== true || process.env["NO_COLOR"]) return text;
  return `\x1b[${styles[style]}m${text}\x1b[0m`;
}

/** Adds `-c, --config FILE`; {@link configOf} reads what it names. */
export function configOption(command: Command): Command {
  return command.option(
    "-c, --config <file>",
    "the configuration (default: $KOPPLA_CONFIG, koppla.yaml here, /etc/koppla/koppla.yaml)",
  );
}

/** Adds `--json`. */
export function jsonOption(command: Command): Command {
  return command.option("--json", "print JSON, for machines");
}

/**
 * The configuration that a command was told to use.
 * @throws {ConfigError}
 */
export function configOf(options: { config?: string | undefined }): Promise<Config> {
  return loadConfig(configFile(options.config, process.env), process.env);
}

/** The first line of standard input, for `--password-stdin` and the like: a secret has no place among arguments. */
export async function readSecret(): Promise<string> {
  const [line = ""] = (await Bun.stdin.text()).split(/\r?\n/, 1);
  return line;
}
