/**
 * A YAML (or JSON) file as nodes that know their place.
 */
import { readFileSync, statSync } from "node:fs";
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";

import { ConfigError, fileError } from "./errors.ts";
import type { ConfigIssue } from "./types.ts";

export type Path = readonly (string | number)[];

const LARGEST = 5 * 2 ** 20;

/** `provision.receivers[0].url`; what is no plain name is quoted: `types["a.b"]`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (!/^[\w-]+$/.test(part)) text += `[${JSON.stringify(part)}]`;
    else text += text === "" ? part : `.${part}`;
  }
  return text;
}

export class Source {
  readonly document: Document.Parsed;
  readonly #lines = new LineCounter();
  /** What YAML itself has against the file. */
  readonly issues: ConfigIssue[];

  constructor(
    readonly file: string,
    text: string,
  ) {
    this.document = parseDocument(text, { prettyErrors: false, lineCounter: this.#lines });
    const { errors, warnings } = this.document;
    const issues = [...errors, ...warnings].map((error) => this.#explain(error, text));
    // One fault of syntax is many to the parser: the first of a line is the one to mend.
    const isFirst = ({ line }: ConfigIssue, i: number) =>
      issues.findIndex((other) => other.line === line) === i;
    this.issues = this.readable ? issues : issues.filter(isFirst);
  }

  /** Whether the nodes can be trusted in spite of {@link issues}: only a key was given twice. */
  get readable(): boolean {
    return this.document.errors.every((error) => error.code === "DUPLICATE_KEY");
  }

  /** Whether the file itself gives a key of a map, with a value. An alias's are not looked into. */
  gives(path: Path): boolean {
    return (this.document.getIn(path) ?? null) !== null;
  }

  issue(at: number | Node, path: Path, message: string): ConfigIssue {
    const offset = typeof at === "number" ? at : (at.range?.[0] ?? 0);
    const { line, col } = this.#lines.linePos(offset);
    return {
      file: this.file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      path: formatPath(path),
      message,
    };
  }

  /** The offset of the value at `path`, or of the nearest that there is above it. `key`: of its key instead. */
  locate(path: Path, what: "key" | "value" = "value"): number {
    let node: unknown = this.document.contents;
    let at = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const [index, part] of path.entries()) {
      if (isAlias(node)) node = node.resolve(this.document);
      const last = index === path.length - 1;
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
        if (pair === undefined) return at;
        node = last && what === "key" ? pair.key : (pair.value ?? pair.key);
      } else if (isSeq(node)) node = node.items[Number(part)];
      else return at;
      if (!isNode(node)) return at;
      at = node.range?.[0] ?? at;
    }
    return at;
  }

  #explain(error: YAMLError, text: string): ConfigIssue {
    const [start] = error.pos;
    if (text.slice(start - 1, start + 1) === "${")
      return this.issue(start - 1, [], 'found ${ inside of { } or [ ], expected quotes around it: "${NAME}"');
    if (error.code !== "DUPLICATE_KEY") return this.issue(start, [], error.message);
    const path = this.#pathOf(start);
    return this.issue(start, path, `found ${path.at(-1)} a second time, expected each key once`);
  }

  #pathOf(offset: number): Path {
    let found: Path = [];
    visit(this.document, {
      Pair(_, pair, ancestors) {
        if (!isScalar(pair.key) || pair.key.range?.[0] !== offset) return undefined;
        const chain = [...ancestors, pair];
        const parts: (string | number)[] = [];
        for (const [index, node] of chain.entries()) {
          if (isPair(node)) parts.push(isScalar(node.key) ? String(node.key.value) : "?");
          else if (isSeq(node)) parts.push(node.items.indexOf(chain[index + 1]));
        }
        found = parts;
        return visit.BREAK;
      },
    });
    return found;
  }
}

export type ReadText = { ok: true; text: string } | { ok: false; message: string; before?: string };

/**
 * Reads a text file of at most 5 MB; `message` says why that could not be done, `before` what came before the fault.
 * Synchronous: nothing else runs yet when the configuration is read.
 */
export function readText(path: string): ReadText {
  const refused = (what: string, wanted: string) =>
    ({ ok: false, message: `found ${what}, expected ${wanted}` }) as const;
  let bytes: Uint8Array;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return refused(`a folder at ${path}`, "a file");
    if (stat.size > LARGEST) return refused(`${stat.size} bytes in ${path}`, "at most 5 MB");
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const what = { ENOENT: "no file", ENOTDIR: "no file", EACCES: "a file that may not be read" }[code];
    return refused(`${what ?? `nothing readable (${code})`} at ${path}`, "a readable file");
  }
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    const [before = ""] = new TextDecoder().decode(bytes).split("\uFFFD", 1);
    return { ...refused(`bytes in ${path} that are not UTF-8`, "UTF-8 text"), before };
  }
}

/**
 * Reads and parses a file.
 * @param path  where it is
 * @param shown  how issues name it
 * @throws {ConfigError} where it cannot be read or is no YAML
 */
export function readSource(path: string, shown: string): Source {
  const read = readText(path);
  if (read.ok) {
    const source = new Source(shown, read.text);
    if (!source.readable) throw new ConfigError(source.issues);
    return source;
  }
  if (read.before === undefined) throw fileError(shown, read.message);
  const lines = read.before.split("\n");
  const column = (lines.at(-1) ?? "").length + 1;
  throw new ConfigError([{ file: shown, line: lines.length, column, path: "", message: read.message }]);
}
