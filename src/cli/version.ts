import type { Command } from "commander";

import { version } from "../version.ts";
import { jsonOption, out, outJson } from "./output.ts";

/** `koppla version` */
export function register(program: Command): void {
  const command = program.command("version").description("print the version");
  jsonOption(command).action((options: { json?: true }) => {
    if (options.json) outJson({ version, bun: Bun.version, platform: `${process.platform}-${process.arch}` });
    else out(version);
  });
}
