import type { Command } from "commander";
import { dirname } from "node:path";

import { systemClock } from "../clock.ts";
import { configFile, draftConfig } from "../config/load.ts";
import type { Config } from "../config/types.ts";
import { createLogger, type Logger } from "../log.ts";
import { enter } from "../listen-on/entrance.ts";
import { trustAuthorities } from "../reexec.ts";
import type { RunningServer } from "../server.ts";
import { openSupervisor } from "../service/supervisor.ts";
import { version } from "../version.ts";
import { configOption, note } from "./output.ts";

/** `koppla serve` */
export function register(program: Command): void {
  configOption(program.command("serve"))
    .description("run the server")
    .addHelpText("after", EXAMPLES)
    .action(serve);
}

const EXAMPLES = `
SIGTERM and Ctrl-C end it in order, SIGHUP has it take the configuration as it is now.

Examples:
  $ koppla serve
  $ koppla serve -c /etc/koppla/koppla.yaml
As a service that starts with the machine: koppla help service`;

export async function serve(options: { config?: string }): Promise<void> {
  const { config: draft, whole } = draftConfig(configFile(options.config, process.env), process.env);
  // Who has authorities of his own starts anew before anything else.
  const isEarly = draft?.webhooks.caFile === null;
  const config = isEarly ? draft : (await whole()).config;
  const log = createLogger(config.log);
  trustOwnAuthorities(config, log);
  // Before it listens: whoever starts it may stop it at once.
  const asked = new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve(name));
  });
  // Without a handler it would end the process. What became of a reload is in the log.
  let reload = (): void =>
    log.info("not reloaded: the server is starting, with the configuration as it was read");
  process.on("SIGHUP", () => reload());
  const supervisor = openSupervisor({ env: process.env, clock: systemClock, log });
  const entrance = await enter(config, log);
  try {
    await inTurns([() => import("../config/json-schema.ts"), () => import("../config/rules.ts")]);
    if (isEarly) await inTurns([whole]);
  } catch (error) {
    await entrance.leave();
    throw error;
  }
  for (const { file, line, column, path, message } of config.warnings) {
    log.warn("setting without effect", { at: `${file}:${line}:${column}`, path, message });
  }
  await inTurns([
    () => import("elysia"),
    () => import("../store/open.ts"),
    () => import("../services.ts"),
    () => import("../http/app.ts"),
  ]);
  const { startServer } = await import("../server.ts");
  const server = await startServer(config, {
    ...{ log, entrance },
    reloading: (work) => supervisor.reloading(work),
  });
  supervisor.ready(`koppla ${version} listens at ${server.url}`);
  await tellOfSetup(server, log);
  reload = () => void server.reload().catch(() => {});
  const signal = await asked;
  log.info("stopping", { signal });
  supervisor.stopping();
  // Whoever asks twice does not want to wait.
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => process.exit(1));
  await server.stop();
  supervisor.stopped();
}

/** One after the other, each a few milliseconds: who asks meanwhile is answered in between. */
async function inTurns(pieces: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const piece of pieces) {
    await piece();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** How the first administrator is made. The link itself is for who sits at a terminal, and for no log. */
async function tellOfSetup({ url, services }: RunningServer, log: Logger): Promise<void> {
  const { setup, config } = services;
  if (!(await setup.needed())) return;
  const command = `koppla user link -c ${config.file}`;
  log.info("there is no administrator yet; the command prints a link that makes one", { command });
  if (process.stderr.isTTY !== true) return;
  const { LINK_HOURS, setupUrl } = await import("../users/setup.ts");
  const publicUrl = config.server.publicUrl.replace(/:0$/, `:${new URL(url).port}`);
  const { token } = await setup.makeLink();
  note(
    `The first administrator is made at, once within ${LINK_HOURS} hours:\n  ${setupUrl(publicUrl, token)}`,
  );
}

/** Starts anew where `webhooks.ca_file` is to be trusted and is not yet. */
function trustOwnAuthorities({ webhooks, secrets }: Config, log: Logger): void {
  if (webhooks.caFile === null) return;
  const reason = trustAuthorities(webhooks.caFile, dirname(secrets.keyFile));
  if (reason !== undefined) log.error("webhooks.ca_file is not trusted", { reason });
}
