/** The manual page koppla(1), in the language of man(7), from the commands' own help. */
import { flattened, type ShownCommand, type ShownOption } from "../cli/commands.ts";
import { version } from "../version.ts";

export function manPage(root: ShownCommand): string {
  const commands = root.commands.flatMap(flattened);
  return [
    `.TH KOPPLA 1 "" "koppla ${escaped(version)}" "Koppla"`,
    ".SH NAME",
    `koppla \\- ${text(root.description)}`,
    ".SH SYNOPSIS",
    ".B koppla",
    "\\fIcommand\\fR [\\fIoptions\\fR]",
    ".SH OPTIONS",
    ...root.options.flatMap(option),
    ".SH COMMANDS",
    ...commands.flatMap(command),
    ...ENVIRONMENT,
    ...EXIT_STATUS,
    ...FILES,
    "",
  ].join("\n");
}

function command({ usage, description, arguments: args, options, after, commands }: ShownCommand): string[] {
  // Of one that only leads to others, its own line says what they are about.
  const isLeader = commands.length > 0 && args.length === 0;
  return [
    `.SS ${escaped(usage)}`,
    text(`${capital(description)}.`),
    ...args.flatMap(({ name, description: about }) =>
      about ? [".TP", `\\fI${escaped(name)}\\fR`, text(about)] : [],
    ),
    ...(isLeader ? [] : options.filter(({ names }) => !names.includes("--help")).flatMap(option)),
    ...(after === "" ? [] : [".PP", ".nf", verbatim(after), ".fi"]),
  ];
}

function option({ usage, description }: ShownOption): string[] {
  return [".TP", `\\fB${escaped(usage)}\\fR`, text(description)];
}

const ENVIRONMENT = [
  ".SH ENVIRONMENT",
  ...entry("KOPPLA_CONFIG", "The configuration, where \\-\\-config names none."),
  ...entry("KOPPLA_TOKEN", "The token of commands with \\-\\-url."),
  ...entry("KOPPLA_DEBUG", "Where set, errors come with the place in the program where they happened."),
  ...entry("NO_COLOR", "Where set, nothing is coloured, as it is not where no terminal is."),
];

const EXIT_STATUS = [
  ".SH EXIT STATUS",
  ...entry("0", "Done."),
  ...entry("1", "Failed; the line after error: says why."),
  ...entry("2", "The command line is wrong."),
  ...entry("78", "The configuration, or the key file, cannot be used."),
];

const FILES = [
  ".SH FILES",
  ...entry("koppla.yaml", "The configuration, in the working directory."),
  ...entry("/etc/koppla/koppla.yaml", "The configuration where there is none in the working directory."),
  ...entry("/var/lib/koppla", "Database and key file of the Debian package."),
];

function entry(name: string, about: string): string[] {
  return [".TP", `\\fB${escaped(name)}\\fR`, about];
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** In a paragraph a line may not begin as a request does. */
function text(words: string): string {
  const whole = escaped(words.replaceAll(/\s+/g, " ").trim());
  return /^[.']/.test(whole) ? `\\&${whole}` : whole;
}

function verbatim(words: string): string {
  return words
    .split("\n")
    .map((line) => (/^[.']/.test(line) ? `\\&${escaped(line)}` : escaped(line)))
    .join("\n");
}

/** Hyphens are what is typed, not what hyphenates (groff would set another character). */
function escaped(words: string): string {
  return words.replaceAll("\\", "\\e").replaceAll("-", "\\-");
}
