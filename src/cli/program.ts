/** The command line. Each command has a file, which registers it. */
import { Command } from "commander";

import { version } from "../version.ts";
import { register as account } from "./account.ts";
import { register as audit } from "./audit.ts";
import { register as check } from "./check.ts";
import { register as config } from "./config.ts";
import { register as demo } from "./demo.ts";
import { register as health } from "./health.ts";
import { register as init } from "./init.ts";
import { register as listen } from "./listen.ts";
import { register as openapi } from "./openapi.ts";
import { register as organisation } from "./organisation.ts";
import { register as receiver } from "./receiver.ts";
import { register as serve } from "./serve.ts";
import { register as user } from "./user.ts";
import { register as versionCommand } from "./version.ts";

/** In the order of `koppla --help`. */
const commands = [
  init,
  check,
  serve,
  organisation,
  account,
  user,
  receiver,
  audit,
  listen,
  health,
  config,
  openapi,
  demo,
  versionCommand,
];

/** Made anew for each run, since a Command remembers the options it was given. */
export function buildProgram(): Command {
  const program = new Command("koppla")
    .description("An integration server that an organisation runs itself: one executable, one YAML file.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .showHelpAfterError("`koppla --help` shows the commands, `koppla help COMMAND` one of them.")
    // Before the commands are added: they inherit it. Without it commander ends the process itself, with 1.
    .exitOverride();
  for (const register of commands) register(program);
  return program;
}
