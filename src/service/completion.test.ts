import { expect, test } from "bun:test";

import { allCommands, flattened } from "../cli/commands.ts";
import { completionScript } from "./completion.ts";
import { manPage } from "./man-page.ts";

/** What bash offers for a line, of which the last word is not finished. */
async function offered(line: string): Promise<string[]> {
  const words = line.split(" ");
  const script = `${completionScript("bash", await allCommands())}
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
    _koppla
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = Bun.spawnSync(["bash", "-c", script, "bash", ...words], {
    cwd: import.meta.dir,
  });
  expect(stderr.toString()).toBe("");
  return stdout.toString().trim().split("\n");
}

test.each([
  ["koppla rec", ["receiver"]],
  ["koppla receiver rot", ["rotate-secret"]],
  ["koppla --version receiver dis", ["disable"]],
  ["koppla receiver rotate-secret --over", ["--overlap"]],
  ["koppla account impersonation al", ["allow"]],
  ["koppla completion f", ["fish"]],
  ["koppla log --status ret", ["retrying"]],
  ["koppla serve -c supervisor.te", ["supervisor.test.ts"]],
  // What an option takes is no command.
  ["koppla log --org receiver --fol", ["--follow"]],
])("bash completes %s", async (line, expected) => {
  expect(await offered(line)).toEqual(expected);
});

for (const [shell, command] of [
  ["zsh", ["zsh", "-n"]],
  ["fish", ["fish", "--no-execute"]],
] as const) {
  test.skipIf(Bun.which(shell) === null)(`${shell} understands its script`, async () => {
    const input = new Blob([completionScript(shell, await allCommands())]);
    const { exitCode, stderr } = await run(command, input);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
}

test("every command with its options is on the manual page, and man has nothing to complain of", async () => {
  const root = await allCommands();
  const page = manPage(root);
  const plain = page.replaceAll("\\-", "-");
  for (const { usage, options } of root.commands.flatMap(flattened)) {
    expect(plain).toContain(`.SS ${usage}`);
    for (const option of options)
      if (option.usage !== "-h, --help") expect(plain).toContain(`\\fB${option.usage}`);
  }
  if (Bun.which("groff") === null) return;
  const { exitCode, stderr } = await run(["groff", "-man", "-ww", "-Tutf8", "-z"], new Blob([page]));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});

async function run(command: readonly string[], input: Blob) {
  const child = Bun.spawn([...command], { stdin: input, stdout: "ignore", stderr: "pipe" });
  const [stderr, exitCode] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  return { exitCode, stderr };
}
