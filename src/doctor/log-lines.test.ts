/** Whoever reads the log finds every warning and error of it in docs/sysadmins/trouble.md, and nothing that there is not. */
import { expect, test } from "bun:test";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** `log.warn(`, and what is given to `Rounds`, which logs it as an error. Up to the comma or bracket after the message. */
const CALL =
  /\b(?:log\??\.(?<level>warn|error)\(|failure:)\s*(?<message>(?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^,)"`])*)/gi;
const LITERAL = /"((?:[^"\\]|\\.)*)"/g;
/** Hand a message on that was given to them. */
const HAND_ON = new Set(["src/rounds.ts"]);

interface Line {
  level: string;
  message: string;
  file: string;
}

function linesOf(file: string): Line[] {
  return [...read(file).matchAll(CALL)].flatMap(({ groups = {} }) => {
    const { level = "error", message = "" } = groups;
    // A type, a parameter or words of a page: no message.
    if (groups["level"] === undefined && !message.trimStart().startsWith('"')) return [];
    const literals = [...message.matchAll(LITERAL)].map(([, text = ""]) => text);
    if (literals.length > 0) return literals.map((text) => ({ level, message: text, file }));
    return [{ level, message: `not a literal: ${message}`, file }];
  });
}

const lines = globSync("src/**/*.ts", { cwd: root })
  .filter((file) => !/\.test\.ts$|^src\/console\/app\//.test(file) && !HAND_ON.has(file))
  .flatMap(linesOf);

/** The rows of the page's tables about lines of the log: level and messages. */
const rows = read("docs/sysadmins/trouble.md")
  .split("\n")
  .flatMap((row) => {
    const [, names = "", level = ""] = row.split("|").map((cell) => cell.trim());
    if (level !== "warn" && level !== "error") return [];
    return [...names.matchAll(/`([^`]+)`/g)].map(([, message = ""]) => `${level}: ${message}`);
  });

test("there are lines to explain", () => {
  expect(lines.length).toBeGreaterThan(50);
});

test("every warning and error of the log is explained", () => {
  const missing = lines.filter(({ level, message }) => !rows.includes(`${level}: ${message}`));
  expect(missing).toEqual([]);
});

test("nothing is explained that is not logged any more", () => {
  const logged = new Set(lines.map(({ level, message }) => `${level}: ${message}`));
  expect(rows.filter((row) => !logged.has(row))).toEqual([]);
});

test("nothing is explained twice", () => {
  expect(rows.filter((row, index) => rows.indexOf(row) !== index)).toEqual([]);
});
