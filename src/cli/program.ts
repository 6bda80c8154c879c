/** The command line. Each command has a file, which registers it. */
import { Command } from "commander";

import { version } from "../version.ts";
import { addExamples } from "./examples.ts";

interface CommandFile {
  register(program: Command): void;
}

/** In the order of `koppla --help`. */
const commands: Record<string, () => Promise<CommandFile>> = {
  init: () => import("./init.ts"),
  check: () => import("./check.ts"),
  serve: () => import("./serve.ts"),
  reload: () => import("./reload.ts"),
  provision: () => import("./provision.ts"),
  organisation: () => import("./organisation.ts"),
  account: () => import("./account.ts"),
  user: () => import("./user.ts"),
  receiver: () => import("./receiver.ts"),
  import: () => import("./import.ts"),
  export: () => import("./export.ts"),
  backup: () => import("./backup.ts"),
  restore: () => import("./restore.ts"),
  operation: () => import("./operation.ts"),
  audit: () => import("./audit.ts"),
  log: () => import("./log.ts"),
  listen: () => import("./listen.ts"),
  health: () => import("./health.ts"),
  doctor: () => import("./doctor.ts"),
  config: () => import("./config.ts"),
  openapi: () => import("./openapi.ts"),
  service: () => import("./service.ts"),
  man: () => import("./man.ts"),
  completion: () => import("./completion.ts"),
  demo: () => import("./demo.ts"),
  version: () => import("./version.ts"),
};

/**
 * Loads only the command that is asked for, which saves a server that starts the others' code; for help, all of them.
 * Made anew for each run, since a Command remembers the options it was given.
 * @param name  the first argument
 */
export async function buildProgram(name: string | undefined): Promise<Command> {
  const program = new Command("koppla")
    .description("An integration server that an organisation runs itself: one executable, one YAML file.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .showHelpAfterError("`koppla --help` shows the commands, `koppla help COMMAND` one of them.")
    // Before the commands are added: they inherit it. Without it commander ends the process itself, with 1.
    .exitOverride();
  const asked = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  for (const load of asked ? [asked] : Object.values(commands)) (await load()).register(program);
  addExamples(program);
  return program;
}
