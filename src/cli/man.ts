import type { Command } from "commander";

import { manPage } from "../service/man-page.ts";
import { allCommands } from "./commands.ts";
import { jsonOption, out, outJson } from "./output.ts";

/** `koppla man` */
export function register(program: Command): void {
  jsonOption(program.command("man"))
    .description("print the manual page of all commands, for man")
    .addHelpText("after", EXAMPLES)
    .action(async (options: { json?: true }) => {
      const commands = await allCommands();
      if (options.json) outJson(commands);
      else out(manPage(commands).trimEnd());
    });
}

const EXAMPLES = `
Examples:
  $ koppla man | man -l -
  $ koppla man >/usr/local/share/man/man1/koppla.1`;
