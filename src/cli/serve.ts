import type { Command } from "commander";
import { dirname } from "node:path";

import type { Config } from "../config/types.ts";
import { createLogger, type Logger } from "../log.ts";
import { trustAuthorities } from "../reexec.ts";
import { startServer } from "../server.ts";
import { configOf, configOption } from "./output.ts";

/** `koppla serve` */
export function register(program: Command): void {
  configOption(program.command("serve")).description("run the server").action(serve);
}

async function serve(options: { config?: string }): Promise<void> {
  const config = await configOf(options);
  const log = createLogger(config.log);
  trustOwnAuthorities(config, log);
  for (const { file, line, column, path, message } of config.warnings) {
    log.warn("setting without effect", { at: `${file}:${line}:${column}`, path, message });
  }
  // Before it listens: whoever starts it may stop it at once.
  const asked = new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve(name));
  });
  const server = await startServer(config, { log });
  const signal = await asked;
  log.info("stopping", { signal });
  // Whoever asks twice does not want to wait.
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => process.exit(1));
  await server.stop();
}

/** Starts anew where `webhooks.ca_file` is to be trusted and is not yet. */
function trustOwnAuthorities({ webhooks, secrets }: Config, log: Logger): void {
  if (webhooks.caFile === null) return;
  const reason = trustAuthorities(webhooks.caFile, dirname(secrets.keyFile));
  if (reason !== undefined) log.error("webhooks.ca_file is not trusted", { reason });
}
