import { expect, test } from "bun:test";

import { Problem } from "../problem.ts";
import { allCommands, flattened, type ShownCommand } from "./commands.ts";
import { nextStep } from "./next-step.ts";

const all = flattened(await allCommands());
const leaves = all.filter(({ commands, arguments: args }) => commands.length === 0 || args.length > 0);

/** The longest path that a line begins with. */
function commandOf(line: string): ShownCommand | undefined {
  const fitting = all.filter(({ path }) => `${line} `.startsWith(`${path} `));
  return fitting.sort((a, b) => b.path.length - a.path.length)[0];
}

const lines = leaves.flatMap(({ path, after }) =>
  [...after.matchAll(/^ {2}\$ (.+)$/gm)].map(([, line = ""]) => ({ path, line })),
);

test("every command has an example of itself", () => {
  const withOne = new Set(lines.filter(({ path, line }) => line.includes(path)).map(({ path }) => path));
  expect(leaves.map(({ path }) => path).filter((path) => !withOne.has(path))).toEqual([]);
});

test("the options of examples are options of their commands, with values that are taken", () => {
  const calls = lines.flatMap(({ line }) => line.match(/koppla (?:'[^']*'|[^|&;)<>])+/g) ?? []);
  expect(calls.length).toBeGreaterThan(60);
  for (const call of calls) {
    const command = commandOf(call);
    const words = call.trim().match(/'[^']*'|\S+/g) ?? [];
    for (const [index, word] of words.entries()) {
      if (!word.startsWith("-") || word === "-") continue;
      const option = command?.options.find(({ names }) => names.includes(word));
      expect({ call, word, known: option !== undefined }).toEqual({ call, word, known: true });
      const choices = option?.value?.choices ?? [];
      if (choices.length > 0) expect(choices).toContain(words[index + 1] ?? "");
    }
  }
});

/** What is a file of its own format, or does not end: its log is JSON. */
const WITHOUT_JSON = ["serve", "audit export", "config reference", "openapi", "completion", "demo"];

test("every command prints JSON for machines", () => {
  const without = leaves.filter(({ options }) => !options.some(({ names }) => names.includes("--json")));
  expect(without.map(({ path }) => path.replace("koppla ", ""))).toEqual(WITHOUT_JSON);
});

test("an error that does not say what to do is followed by the next step", () => {
  expect(nextStep(new Problem("not_found", "There is no organisation with the code x."))).toContain(
    "organisation list",
  );
  expect(nextStep(new Problem("conflict", "The receiver is disabled."))).toBeUndefined();
});
