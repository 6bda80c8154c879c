import { Argument, type Command } from "commander";

import { type Shell, shells, completionScript } from "../service/completion.ts";
import { allCommands } from "./commands.ts";
import { out } from "./output.ts";

/** `koppla completion bash|zsh|fish` */
export function register(program: Command): void {
  program
    .command("completion")
    .description("print what completes commands and options in a shell")
    .addArgument(new Argument("<shell>", "which one").choices(shells))
    .addHelpText("after", EXAMPLES)
    .action(async (shell: Shell) => out(completionScript(shell, await allCommands()).trimEnd()));
}

const EXAMPLES = `
Examples:
  $ source <(koppla completion bash)
  $ koppla completion bash >/etc/bash_completion.d/koppla
  $ koppla completion zsh >"\${fpath[1]}/_koppla"
  $ koppla completion fish >~/.config/fish/completions/koppla.fish`;
