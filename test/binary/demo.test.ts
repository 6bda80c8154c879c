/** `koppla demo` as a newcomer meets it: what it prints works when it is pasted. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { binary, run } from "./harness.ts";
import { LineLog } from "./lines.ts";

/** The windows of the demo's bundles add up to a few seconds; a loaded machine takes longer. */
const LIMIT_MS = 30_000;

/** What the demo takes for the machine's temporary folder: it is to be as empty in the end as it was. */
let temporary = "";
const children: Bun.Subprocess[] = [];

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "koppla-demo-test-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await child.exited;
  }
  await rm(temporary, { recursive: true, force: true });
});

function startDemo(...args: string[]) {
  const child = Bun.spawn([binary, "demo", ...args], {
    cwd: temporary,
    env: { ...process.env, TMPDIR: temporary, NO_COLOR: "1" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  children.push(child);
  const log = new LineLog();
  void log.read(child.stdout);
  void log.read(child.stderr);
  return {
    child,
    /** The first line that `pattern` matches. */
    line: async (pattern: RegExp) => (await log.waitFor(({ text }) => pattern.test(text), LIMIT_MS)).text,
    text: () => log.text(),
  };
}

async function shell(line: string): Promise<string> {
  const child = Bun.spawn(["sh", "-c", line], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  return await new Response(child.stdout).text();
}

describe("koppla demo --once", () => {
  test("pushes the data, shows the bundles and a sample edit, and leaves nothing behind", async () => {
    const { exitCode, stdout, stderr } = await run(["demo", "--port", "0", "--once"], {
      env: { TMPDIR: temporary },
    });
    expect({ exitCode, errors: stderr.match(/error.*/gi) }).toEqual({ exitCode: 0, errors: null });
    expect(stdout).toMatch(/API documentation {2}http:\/\/127\.0\.0\.1:\d+\/docs\n/);
    expect(stdout).toMatch(/account token {6}\S{20,}\n/);
    expect(stdout).toMatch(/Pushed 47 countries and 2598 universities in [\d.]+ s/);
    expect(stdout).toMatch(
      /bundle of 500 changes: 453 universities and 47 countries updated {2}signature verified/,
    );
    expect(stdout).toMatch(/All 2645 records have been announced, in \d+ bundles\./);
    expect(stdout).toMatch(/bundle of 1 change {2}signature verified\n +update university 3599 http:/);
    expect(stdout).toContain("Its change has arrived, and the log says delivered.");
    expect(stdout).not.toContain("\u001b");
    expect(await readdir(temporary)).toEqual([]);
  }, 60_000);
});

describe("koppla demo", () => {
  test("takes the next port when its own is taken; the curl lines work; edits come by themselves", async () => {
    using taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const { child, line } = startDemo("--port", String(taken.port));
    expect(await line(/is taken/)).toContain(`Port ${taken.port} is taken: this is on `);

    const docs = (await line(/\/docs$/)).trim().split(/\s+/).at(-1) ?? "";
    expect((await fetch(docs)).status).toBe(200);

    const create = await line(/^ +curl .*-X POST/);
    // Before, it would join a bundle of many, which is told as a number.
    await line(/^All \d+ records/);
    const created: { id: number } = JSON.parse(await shell(create));
    expect(await line(new RegExp(` update university ${created.id} `))).toContain("/api/v1/universities/");

    const read = await line(/^ +curl .*deliveries/);
    const log: { items: { status: string }[] } = JSON.parse(await shell(read));
    expect(log.items).toHaveLength(5);
    expect(log.items[4]?.status).toBe("delivered");

    expect(await line(/^ +edit: /)).toMatch(/edit: .+: https?:\/\//);
    child.kill("SIGINT");
    expect(await child.exited).toBe(0);
    expect(await line(/^Stopped/)).toContain("is removed");
    expect(await readdir(temporary)).toEqual([]);
  }, 60_000);

  test("with --data its folder stays, and a second demo does not write over it", async () => {
    const folder = join(temporary, "kept");
    const { child, line } = startDemo("--port", "0", "--no-edits", "--data", folder);
    await line(/^All \d+ records/);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(await line(/^Stopped/)).toContain(`koppla serve -c ${folder}/koppla.yaml`);
    expect((await readdir(folder)).sort()).toEqual(["data", "koppla.yaml"]);

    const before = await Bun.file(join(folder, "koppla.yaml")).text();
    const again = await run(["demo", "--data", folder, "--port", "0"]);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain(`There is a ${folder}/koppla.yaml already`);
    expect(await Bun.file(join(folder, "koppla.yaml")).text()).toBe(before);
  }, 60_000);

  test("is in colour on a terminal, with the progress of the push on one line", async () => {
    let screen = "";
    const decoder = new TextDecoder();
    const child = Bun.spawn([binary, "demo", "--port", "0", "--once"], {
      cwd: temporary,
      env: { ...process.env, TMPDIR: temporary, NO_COLOR: "", TERM: "xterm-256color" },
      terminal: {
        cols: 200,
        rows: 50,
        data: (_, data) => {
          screen += decoder.decode(data, { stream: true });
        },
      },
    });
    children.push(child);
    expect(await child.exited).toBe(0);
    expect(screen).toContain("\u001b[32msignature verified\u001b[0m");
    const clear = "\r\u001b[2K";
    expect(screen).toContain(`${clear}pushed 2645 of 2645 records${clear}`);
  }, 60_000);
});
