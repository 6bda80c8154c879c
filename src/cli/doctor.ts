import type { Command } from "commander";

import { ConfigError } from "../config/errors.ts";
import type { Check, CheckResult, CheckStatus } from "../doctor/check.ts";
import { error, ok, warning } from "../doctor/check.ts";
import type { PeerClock } from "../outgoing/peer-clocks.ts";
import { version } from "../version.ts";
import { control } from "./control.ts";
import { configOf, configOption, exitCodes, jsonOption, out, outJson, paint } from "./output.ts";

interface Options {
  config?: string;
  json?: true;
}

/** `koppla doctor` */
export function register(program: Command): void {
  const command = program
    .command("doctor")
    .description("look for what is or will be wrong, and say how to mend it; exit code 1 where something is");
  jsonOption(configOption(command)).action(doctor);
}

async function doctor(options: Options): Promise<void> {
  const results = await examine(options);
  if (options.json) outJson({ items: results });
  else results.forEach(tell);
  if (results.some(({ status }) => status === "error")) process.exitCode ??= exitCodes.failed;
}

async function examine(options: Options): Promise<CheckResult[]> {
  try {
    const config = await configOf(options);
    // Loaded here: with it comes nearly the whole server.
    const { checkOffline } = await import("../doctor/offline.ts");
    const server: Check = {
      name: "server",
      run: async () => {
        const running = await control(config);
        if (!running) return warning("No server runs with this configuration.", "Start it: `koppla serve`.");
        const { pid, version: theirs } = running.status;
        if (theirs === version) return ok(`A server runs, version ${theirs}, process ${pid}.`);
        return warning(
          `The server that runs is version ${theirs}, this is ${version}.`,
          "Restart the server.",
        );
      },
    };
    const peers = async () => {
      const running = await control(config);
      // One of another version may not know of it.
      return (await running?.json<PeerClock[]>("GET", "/peer-clocks").catch(() => [])) ?? [];
    };
    return await checkOffline(config, [server], peers);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    process.exitCode = exitCodes.badConfiguration;
    const found = error(thrown.message, "`koppla check` tells the same; mend each place that is named.");
    return [{ name: "configuration", ...found, took_ms: 0 }];
  }
}

const COLOURS = { ok: "green", warning: "yellow", error: "red", skipped: "dim" } as const satisfies Record<
  CheckStatus,
  string
>;
/** As wide as the longest status and the longest name, and two. */
const COLUMNS = { status: 9, name: 15 };

function tell({ name, status, message, remedy }: CheckResult): void {
  const indent = " ".repeat(COLUMNS.status + COLUMNS.name);
  const tag = paint(COLOURS[status], status.padEnd(COLUMNS.status));
  out(`${tag}${name.padEnd(COLUMNS.name)}${message.replaceAll("\n", `\n${indent}`)}`);
  if (remedy !== undefined) out(`${indent}${remedy}`);
}
