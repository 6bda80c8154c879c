/** What completes koppla's commands, options and their values in bash, zsh and fish, from the commands themselves. */
import { flattened, type ShownCommand, type ShownOption, type ShownValue } from "../cli/commands.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export function completionScript(shell: Shell, root: ShownCommand): string {
  return { bash, zsh, fish }[shell](root);
}

/** The words on the line that are no options lead to a command; what may follow is listed for each. */
function bash(root: ShownCommand): string {
  const all = flattened(root);
  const leads = all.filter(({ commands }) => commands.length > 0);
  const cases = all.map((command) => {
    const words = [
      ...command.commands.map(({ name }) => name),
      ...command.arguments.flatMap(({ choices }) => choices),
    ];
    const isFile = command.arguments.some((one) => one.isFile);
    return `    ${quoted(command.path)}) words=${quoted(words.join(" "))} options=${quoted(
      command.options.flatMap(({ names }) => names).join(" "),
    )} files=${isFile ? 1 : ""} ;;`;
  });
  const values = all.flatMap(({ path, options }) =>
    options.flatMap(({ names, value }) =>
      value ? names.map((name) => `    ${quoted(`${path} ${name}`)}) ${bashValue(value)} ;;`) : [],
    ),
  );
  return `# bash completion of koppla, made by \`koppla completion bash\`
_koppla() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path=koppla word i words= options= files=
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$path $word" in
${leads
  .flatMap(({ commands }) => commands.map(({ path }) => `      ${quoted(path)}) path="$path $word" ;;`))
  .join("\n")}
    esac
  done
  COMPREPLY=()
  case "$path $prev" in
${values.join("\n")}
  esac
  case "$path" in
${cases.join("\n")}
  esac
  case $cur in
    -*) COMPREPLY=($(compgen -W "$options" -- "$cur")) ;;
    *)
      COMPREPLY=($(compgen -W "$words" -- "$cur"))
      if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$cur")); fi
      ;;
  esac
}
complete -o filenames -F _koppla koppla
`;
}

/** Completes and returns: nothing else may stand there. */
function bashValue({ choices, isFile }: ShownValue): string {
  if (choices.length > 0) return `COMPREPLY=($(compgen -W ${quoted(choices.join(" "))} -- "$cur")); return`;
  return isFile ? `COMPREPLY=($(compgen -f -- "$cur")); return` : "return";
}

/** A function for each command, as _arguments of zshcompsys(1) wants them. */
function zsh(root: ShownCommand): string {
  const functions = flattened(root).map((command) => {
    const specs = [
      ...command.options.flatMap(zshOption),
      ...(command.commands.length > 0
        ? ["'1: :->command'", "'*:: :->rest'"]
        : command.arguments.map(zshArgument)),
    ];
    const below = command.commands.map(({ name, description }) => quoted(`${name}:${zshText(description)}`));
    const next = command.commands.map(
      ({ name, path }) => `        ${quoted(name)}) ${functionName(path)} ;;`,
    );
    const states = `
  case $state in
    command) local -a commands=(${below.join(" ")}); _describe command commands ;;
    rest)
      case $line[1] in
${next.join("\n")}
      esac
      ;;
  esac`;
    return `${functionName(command.path)}() {
  local state line
  _arguments -C ${specs.join(" \\\n    ")}${below.length > 0 ? states : ""}
}`;
  });
  return `#compdef koppla
# zsh completion of koppla, made by \`koppla completion zsh\`
${functions.join("\n")}
if [ "$funcstack[1]" = _koppla ]; then _koppla "$@"; else compdef _koppla koppla; fi
`;
}

function zshOption({ names, description, value }: ShownOption): string[] {
  return names.map((name) => quoted(`*${name}[${zshText(description)}]${value ? zshValue(value) : ""}`));
}

function zshArgument(value: ShownValue): string {
  return quoted(`*${zshValue(value)}`);
}

function zshValue({ name, choices, isFile }: ShownValue): string {
  const action = choices.length > 0 ? `(${choices.join(" ")})` : isFile ? "_files" : " ";
  return `:${zshText(name)}:${action}`;
}

function functionName(path: string): string {
  return `_${path.replaceAll(/[ -]/g, "_")}`;
}

function zshText(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, "\\$&");
}

/** A line for each word that may come, with the words before it as the condition. */
function fish(root: ShownCommand): string {
  const lines = flattened(root).flatMap((command) => {
    const [, ...above] = command.path.split(" ");
    const condition = `-n ${quoted(`__koppla_at ${above.join(" ")}`.trimEnd())}`;
    return [
      ...command.commands.map(
        ({ name, description }) =>
          `complete -c koppla ${condition} -f -a ${quoted(name)} -d ${quoted(description)}`,
      ),
      ...command.arguments.map(({ choices, isFile }) =>
        choices.length > 0
          ? `complete -c koppla ${condition} -f -a ${quoted(choices.join(" "))}`
          : `complete -c koppla ${condition} ${isFile ? "-F" : "-f"}`,
      ),
      ...command.options.map((option) => `complete -c koppla ${condition} ${fishOption(option)}`),
    ];
  });
  const known = root.commands.flatMap(flattened).map(({ path }) => quoted(path.slice("koppla ".length)));
  return `# fish completion of koppla, made by \`koppla completion fish\`
set -g __koppla_commands ${known.join(" ")}
function __koppla_at
    set -l path
    for word in (commandline -opc)[2..-1]
        set -l longer (string trim -- "$path $word")
        if contains -- $longer $__koppla_commands
            set path $longer
        end
    end
    test "$path" = "$argv"
end
complete -c koppla -f
${lines.join("\n")}
`;
}

function fishOption({ names, description, value }: ShownOption): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const takes = !value
    ? ""
    : value.choices.length > 0
      ? ` -x -a ${quoted(value.choices.join(" "))}`
      : value.isFile
        ? " -r -F"
        : " -x";
  return `${flags.join(" ")}${takes} -d ${quoted(description)}`;
}

/** In single quotes; fish and the others agree on how one of those is written when it stands outside of them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
