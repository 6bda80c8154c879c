/** The command line as data: what `koppla man` and `koppla completion` are made from. */
import type { Argument, Command, Option } from "commander";

export interface ShownOption {
  /** `-c`, `--config`: as they are typed. */
  names: string[];
  /** As help shows it: `-c, --config <file>`. */
  usage: string;
  description: string;
  /** What it takes; undefined where it is a switch. */
  value?: ShownValue;
}

export interface ShownValue {
  name: string;
  /** Of these, one. */
  choices: readonly string[];
  isFile: boolean;
}

export interface ShownCommand {
  /** `koppla`, `koppla receiver`, `koppla receiver test`. */
  path: string;
  name: string;
  /** Without its options: `koppla receiver test <id>`. */
  usage: string;
  description: string;
  options: ShownOption[];
  arguments: (ShownValue & { description: string })[];
  /** What help says behind the options. */
  after: string;
  commands: ShownCommand[];
}

/** Everything that `koppla --help` leads to. */
export async function allCommands(): Promise<ShownCommand> {
  // Loaded here: it has the commands that use this one.
  const { buildProgram } = await import("./program.ts");
  return shown(await buildProgram(undefined), []);
}

/** A command and all below it, those first that come first in help. */
export function flattened(command: ShownCommand): ShownCommand[] {
  return [command, ...command.commands.flatMap(flattened)];
}

function shown(command: Command, above: string[]): ShownCommand {
  const help = command.createHelp();
  const words = [...above, command.name()];
  const path = words.join(" ");
  const args = help.visibleArguments(command).length > 0 ? command.registeredArguments : [];
  const below = help.visibleCommands(command).filter((one) => one.name() !== "help");
  return {
    ...{ path, name: command.name(), description: command.description() },
    usage: [
      path,
      ...(below.length > 0 ? ["[command]"] : []),
      ...command.registeredArguments.map(argumentText),
    ].join(" "),
    options: help.visibleOptions(command).map(shownOption),
    arguments: args.map((argument) => ({
      ...valueOf(argument.name(), argument.argChoices),
      description: argument.description,
    })),
    after: textAfter(command),
    commands: below.map((one) => shown(one, words)),
  };
}

function argumentText(argument: Argument): string {
  const name = argument.name() + (argument.variadic ? "..." : "");
  return argument.required ? `<${name}>` : `[${name}]`;
}

function shownOption(option: Option): ShownOption {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const isSwitch = !option.required && !option.optional;
  const text = /[<[](.+?)[>\]]/.exec(option.flags)?.[1] ?? "";
  const defaults = option.defaultValueDescription ?? textOf(option.defaultValue);
  return {
    ...{ names, usage: option.flags },
    description: option.description + (defaults === undefined ? "" : ` (default: ${defaults})`),
    ...(!isSwitch && { value: valueOf(text, option.argChoices) }),
  };
}

/** Nothing where a default says nothing. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string" || typeof value === "number") return String(value);
  return undefined;
}

function valueOf(name: string, choices: readonly string[] | undefined): ShownValue {
  return { name, choices: choices ?? [], isFile: /file|folder|path/i.test(name) };
}

/** What was given to `addHelpText("after", ...)`: commander only ever prints it, behind the rest. */
function textAfter(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (text) => void parts.push(text) });
  command.outputHelp();
  return parts.join("").slice(command.helpInformation().length).trim();
}
