/**
 * The documentation, run: each page in a folder of its own, its ```sh blocks one after the other in one shell.
 *
 * - A command that ends with another code than 0 fails the page.
 * - A block that says so (```json expected, ```text expected) must be what the ```sh block before it printed, apart from
 *   ids, times, tokens and the like. JSON is compared as values; a line `...` of text stands for any lines.
 * - A block with a file's name (```python receiver.py) becomes that file; ```console and ```text are only for reading.
 *
 * A page listens where its reader would, on 8080 and so on; here those ports are replaced by free ones.
 */
import { describe, expect, test } from "bun:test";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";

import { makeDatabase } from "./database.ts";
import { binary, LONG_TEST_MS, onPostgres } from "./harness.ts";

const root = resolve(import.meta.dir, "../..");
const docs = join(root, "docs");
const pages = globSync("{sysadmins,partners}/*.md", { cwd: docs }).sort();

/** Beside bash and curl: what a page needs that may be missing where the tests run. */
const tools: Record<string, string[]> = {
  "partners/authentication.md": ["node", "oathtool", "python3 with requests_oauthlib"],
  "partners/first-script.md": ["python3", "pip for python3"],
  "partners/public-api.md": ["php"],
  "partners/user-accounts.md": ["node"],
  "sysadmins/channels.md": ["node"],
  "sysadmins/mail.md": ["node"],
  "sysadmins/proxies.md": ["nginx", "caddy", "openssl"],
  "partners/webhook-signatures.md": ["openssl", "node", "python3", "php", "javac", "java", "ruby"],
  "partners/webhooks.md": ["node", "python3"],
};
/** A Python that has what the page on logging in shows; Debian's own may, where another one comes first. */
const python = ["python3", "/usr/bin/python3"].find(
  (name) => Bun.which(name) && Bun.spawnSync([name, "-c", "import requests_oauthlib"]).success,
);
const pipOf = [python ?? "python3", "-m", "pip", "--version"];
const hasPip = Bun.which("python3") !== null && Bun.spawnSync(pipOf).success;
const isThere = (tool: string): boolean => {
  if (tool.startsWith("python3 with")) return python !== undefined;
  return tool.startsWith("pip") ? hasPip : Bun.which(tool) !== null;
};
/** What stands on the page, and is another database for each run. */
const documentedDatabase = "postgres://koppla@db.example.org/koppla";
const documentedPorts = ["8080", "8081", "8600", "8601", "8602"];
const PAGE_LIMIT_MS = 60_000;

interface Block {
  lang: string;
  /** What follows the language: `expected`, a file's name, or nothing. */
  about: string;
  text: string;
  line: number;
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: (Block & { lines: string[] }) | undefined;
  for (const [at, text] of markdown.split("\n").entries()) {
    if (open && text === "```") {
      blocks.push({ ...open, text: open.lines.join("\n") });
      open = undefined;
    } else if (open) open.lines.push(text);
    else if (text.startsWith("```")) {
      const [lang = "", about = ""] = text.slice(3).split(" ", 2);
      open = { lang, about, text: "", line: at + 1, lines: [] };
    }
  }
  return blocks;
}

const isExpectation = ({ about }: Block) => about === "expected";
const isFile = ({ lang, about }: Block) => lang !== "sh" && about.includes(".");

/** Takes away what differs from run to run. What is left of JSON is still JSON. */
function steady(text: string, ports: ReadonlyMap<string, string>, dir: string): string {
  let result = text.replaceAll(dir, "/srv/koppla");
  for (const [documented, free] of ports)
    result = result.replace(new RegExp(`\\b${free}\\b`, "g"), documented);
  const rules: [RegExp, string][] = [
    [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "TIME"],
    [/^\d\d:\d\d:\d\d\.\d{3}/gm, "TIME"],
    [/^(Date:|x-request-id:) .*$/gm, "$1 ..."],
    [/"(\d+)-[0-9a-z]{8}"/g, '"$1-TIME"'],
    [/\b(msg|acc)_[0-9a-f]{32}\b/g, "$1_ID"],
    [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "UUID"],
    [/\b(koppla|kat|krt|kac|klk)_[A-Za-z0-9]{40,}/g, "TOKEN"],
    [/\bwhsec_[A-Za-z0-9+/=]+/g, "SECRET"],
    [/\bv1,[A-Za-z0-9+/]{43}=/g, "SIGNATURE"],
    [/\burn:request:[0-9a-z-]+/g, "REQUEST"],
    [/("request_id": *)"[\w-]+"/g, '$1"REQUEST"'],
    [/("webhook-timestamp": *)"\d+"/g, '$1"SECONDS"'],
    [/("duration_ms": *)\d+/g, "$10"],
    [/("next_cursor": *)"[\w-]{20,}"/g, '$1"CURSOR"'],
    [/(?<![\w-])[\w-]{43}(?![\w-])/g, "HASH"],
    // Links in it may have ports of other lengths.
    [/\b\d+ bytes\b/g, "SIZE bytes"],
    [/\bkoppla\/\d+\.\d+\.\d+/g, "koppla/VERSION"],
    [/[ \t\r]+$/gm, ""],
  ];
  for (const [pattern, replacement] of rules) result = result.replace(pattern, replacement);
  return result.trim();
}

/** Fails where `printed` is not what the page says. */
function compare(block: Block, said: string, printed: string): void {
  if (block.lang === "json") {
    const [found, wanted]: unknown[] = [JSON.parse(printed), JSON.parse(said)];
    expect(found).toEqual(wanted);
    return;
  }
  const pattern = said
    .split("\n")
    .map((line) => (line === "..." ? "(?:[^\\n]*\\n)*?" : `${RegExp.escape(line)}\\n`))
    .join("");
  if (!new RegExp(`^${pattern}$`).test(`${printed}\n`)) expect(printed).toBe(said);
}

/** Ports that pages were given: pages run side by side, and the system may offer one again that is not in use yet. */
const given = new Set<number>();

/** Ports that nothing listened on a moment ago and no other page has, by the ports of the pages. */
function freePorts(): Map<string, string> {
  const probes: { port: number; stop(all: boolean): void }[] = [];
  const ports = documentedPorts.map((documented): [string, string] => {
    for (;;) {
      const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
      probes.push(probe);
      if (given.has(probe.port)) continue;
      given.add(probe.port);
      return [documented, String(probe.port)];
    }
  });
  for (const probe of probes) probe.stop(true);
  return new Map(ports);
}

/** Runs a page's blocks. @returns what each ```sh block printed, by its line */
async function runPage(blocks: Block[], dir: string, database: string, ports: ReadonlyMap<string, string>) {
  const outputs = join(dir, ".outputs");
  const bin = join(dir, ".bin");
  for (const folder of [outputs, bin]) await mkdir(folder);
  await symlink(binary, join(bin, "koppla"));
  for (const part of ["node_modules", "sdk"]) await symlink(join(root, part), join(dir, part));
  if (python?.startsWith("/")) await symlink(python, join(bin, "python3"));
  const here = (text: string) => {
    let result = text.replaceAll(documentedDatabase, database);
    for (const [documented, free] of ports)
      result = result.replace(new RegExp(`\\b${documented}\\b`, "g"), free);
    return result;
  };
  for (const block of blocks.filter(isFile)) await Bun.write(join(dir, block.about), here(block.text));
  const commands = blocks.filter(({ lang }) => lang === "sh");
  const script = [
    "set -euo pipefail; umask 022",
    ...commands.flatMap(({ line, text }) => [
      `echo ${line} >"${outputs}/line"`,
      // In braces, not in a subshell: variables and jobs stay for the blocks that follow.
      `{\n${here(text)}\n} >"${outputs}/${line}" 2>&1`,
    ]),
  ].join("\n");
  // A group of its own, so that what a page has started ends with it.
  const child = Bun.spawn(["bash", "-c", script], {
    cwd: dir,
    env: {
      PATH: `${bin}:${process.env["PATH"]}`,
      HOME: dir,
      NO_COLOR: "1",
      PYTHONUNBUFFERED: "1",
      KOPPLA_LISTEN: `127.0.0.1:${ports.get("8080")}`,
      KOPPLA_PUBLIC_URL: `http://127.0.0.1:${ports.get("8080")}`,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  const end = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // Nothing of the group is left.
    }
  };
  const limit = setTimeout(end, PAGE_LIMIT_MS);
  const code = await child.exited;
  clearTimeout(limit);
  end();
  if (code !== 0) {
    const line = (await readFile(join(outputs, "line"), "utf8")).trim();
    const said = await readFile(join(outputs, line), "utf8");
    throw new Error(`the block at line ${line} ended with ${code}:\n${said}`);
  }
  const texts = commands.map(async ({ line }) => {
    return [line, await readFile(join(outputs, String(line)), "utf8")] as const;
  });
  return new Map(await Promise.all(texts));
}

describe("the documentation", () => {
  for (const page of pages) {
    const blocks = blocksOf(readFileSync(join(docs, page), "utf8"));
    if (!blocks.some(({ lang }) => lang === "sh")) continue;
    const needsPostgres = blocks.some(({ text }) => text.includes(documentedDatabase));
    const missing = ["bash", "curl", ...(tools[page] ?? [])].filter((tool) => !isThere(tool));
    if (missing.length > 0) console.warn(`docs/${page}: not run, for want of ${missing.join(", ")}`);

    // The other pages are about SQLite: on PostgreSQL they would only be run twice.
    test.concurrent.if(missing.length === 0 && needsPostgres === onPostgres)(
      `${page} does what it says`,
      async () => {
        const dir = await realpath(await mkdtemp(join(tmpdir(), "koppla-docs-")));
        const database = await makeDatabase();
        try {
          const ports = freePorts();
          const printed = await runPage(blocks, dir, database.url, ports);
          for (const [at, block] of blocks.entries()) {
            if (!isExpectation(block)) continue;
            const before = blocks[at - 1];
            const output = before && printed.get(before.line);
            if (output === undefined) throw new Error(`line ${block.line}: no sh block stands before it`);
            compare(block, steady(block.text, new Map(), dir), steady(output, ports, dir));
          }
        } finally {
          await database.drop();
          await rm(dir, { recursive: true, force: true });
        }
      },
      LONG_TEST_MS,
    );
  }

  test.each(pages)("%s is in the index, and its links lead somewhere", (page) => {
    expect(readFileSync(join(docs, "README.md"), "utf8")).toContain(`](${page})`);
    expect(deadLinks(join(docs, page))).toEqual([]);
  });

  test("the links of the index and of the README lead somewhere", () => {
    expect([...deadLinks(join(docs, "README.md")), ...deadLinks(join(root, "README.md"))]).toEqual([]);
  });
});

/** The relative links of a file that lead to no file. */
function deadLinks(file: string): string[] {
  const links = [...readFileSync(file, "utf8").matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(
    ([, link = ""]) => link,
  );
  return links
    .filter((link) => !/^https?:/.test(link) && !existsSync(join(dirname(file), link)))
    .map((link) => `${relative(root, file)}: ${link}`);
}
