import type { Command } from "commander";

import type { Reloaded } from "../reload/service.ts";
import { controlOrFail } from "./control.ts";
import { configOf, configOption, jsonOption, out, outJson, paint } from "./output.ts";

/** `koppla reload` */
export function register(program: Command): void {
  const command = program
    .command("reload")
    .description("have the running server take the configuration as it is now, without a restart");
  jsonOption(configOption(command)).action(reload);
}

async function reload(options: { config?: string; json?: true }): Promise<void> {
  // What is wrong with it is told here, with its place, before the server is asked.
  const running = await controlOrFail(await configOf(options));
  const done = await running.json<Reloaded>("POST", "/reload");
  if (options.json) return outJson(done);
  const { changed, provisioned } = done;
  if (changed.length === 0 && provisioned.length === 0) return out("nothing has changed");
  for (const key of changed) out(`${paint("green", "~")} ${key}`);
  for (const line of provisioned) out(`${paint("green", "~")} ${line}`);
}
