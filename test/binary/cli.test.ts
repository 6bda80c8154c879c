/** The command line's frame: usage, check, init, config, version. */
import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import template from "../../src/config/template.yaml" with { type: "text" };
import { version } from "../../src/version.ts";
import { binary } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "koppla-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

const good = join(folder, "good.yaml");
writeFileSync(good, template);
const bad = join(folder, "bad.yaml");
writeFileSync(bad, "log: { level: loud }\nserver: { lisen: 1 }\n");

/** Runs `koppla` in the test's folder. */
async function koppla(args: string[], env: Record<string, string> = {}) {
  const process_ = Bun.spawn([binary, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(process_.stdout).text(),
    new Response(process_.stderr).text(),
    process_.exited,
  ]);
  return { out, err, code };
}

describe("usage", () => {
  test.each([
    [["version"], version],
    [["--version"], version],
    [["--help"], "Usage: koppla"],
    [["help", "check"], "Usage: koppla check"],
    [["config", "--help"], "Usage: koppla config"],
  ])("%j ends with 0", async (args, text) => {
    const { out, err, code } = await koppla(args);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    expect(out).toStartWith(text);
  });

  test.each([
    [[], "Usage: koppla"],
    [["chek"], "error: unknown command 'chek'\n(Did you mean check?)"],
    [["check", "--confg", "x"], "error: unknown option '--confg'\n(Did you mean --config?)"],
    [["check", "--config"], "error: option '-c, --config <file>' argument missing"],
    [["check", "more"], "error: too many arguments for 'check'"],
    [["config"], "Usage: koppla config"],
  ])("%j ends with 2", async (args, text) => {
    const { out, err, code } = await koppla(args);
    expect({ out, code }).toEqual({ out: "", code: 2 });
    expect(err).toStartWith(text);
  });
});

describe("check", () => {
  test("says that all is well, and with what", async () => {
    const { out, err, code } = await koppla(["check", "-c", good]);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    expect(out).toStartWith(`ok ${good}\n`);
    expect(out).toContain("trainings");
    expect(existsSync(join(folder, "data"))).toBe(false);
  });

  test("ends with 78 and every error", async () => {
    expect(await koppla(["check", "-c", bad])).toEqual({
      out: "",
      err:
        `${bad}:1:15 log.level: found "loud", expected one of debug, info, warn, error\n` +
        `${bad}:2:11 server.lisen: found an unknown key, expected a known key; did you mean "listen"?\n` +
        "error: the configuration cannot be used: 2 errors. `koppla config reference` explains every key.\n",
      code: 78,
    });
  });

  test("prints JSON for machines, with the same exit code", async () => {
    const { out, err, code } = await koppla(["check", "--json", "-c", bad]);
    expect({ err, code }).toEqual({ err: "", code: 78 });
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      errors: [{ file: bad, line: 1, column: 15, path: "log.level" }, { path: "server.lisen" }],
    });
    const fine = await koppla(["check", "--json", "-c", good]);
    expect({ code: fine.code, ...JSON.parse(fine.out) }).toEqual({
      code: 0,
      ok: true,
      errors: [],
      warnings: [],
    });
  });

  test("without a file ends with 78 and says how to get one", async () => {
    const { err, code } = await koppla(["check"]);
    expect(code).toBe(78);
    expect(err).toBe(
      "error: koppla.yaml: found no such file, expected a configuration; `koppla init` writes one, " +
        "--config FILE or KOPPLA_CONFIG names another\n",
    );
  });

  test("takes the file that KOPPLA_CONFIG names, and --config before it", async () => {
    expect((await koppla(["check"], { KOPPLA_CONFIG: good })).code).toBe(0);
    expect((await koppla(["check", "-c", bad], { KOPPLA_CONFIG: good })).code).toBe(78);
  });

  test("refuses a key that others can read", async () => {
    const key = join(folder, "open.key");
    writeFileSync(key, `${Buffer.alloc(32).toString("base64")}\n`);
    chmodSync(key, 0o644);
    const file = join(folder, "open-key.yaml");
    writeFileSync(file, "secrets: { key_file: open.key }");
    const { err, code } = await koppla(["check", "-c", file]);
    expect({ code, last: err.trim().split("; ").at(-1) }).toEqual({
      code: 78,
      last: `mend it with: chmod 600 ${key}`,
    });
  });

  test("prints warnings beside the result", async () => {
    const file = join(folder, "later.yaml");
    writeFileSync(file, "actions: { reindex: { run: { command: [x] } } }");
    const { out, err, code } = await koppla(["check", "-c", file]);
    expect(code).toBe(0);
    expect(out).toStartWith("ok ");
    expect(err).toBe(
      `warning: ${file}:1:39 actions.reindex.run.command: is not run: commands are off, as long as actions_allow_commands is not true\n`,
    );
  });
});

describe("init", () => {
  test("writes a file that check takes, and nothing else", async () => {
    const { out, err, code } = await koppla(["init", "fresh"]);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    expect(readdirSync(join(folder, "fresh"))).toEqual(["koppla.yaml"]);
    expect(out).toContain("\n  koppla serve -c fresh/koppla.yaml\n");
    expect((await koppla(["check", "-c", "fresh/koppla.yaml"])).code).toBe(0);
  });

  test("leaves a file alone that is there", async () => {
    writeFileSync(join(folder, "mine.yaml"), "# mine");
    const { err, code } = await koppla(["init", "mine.yaml"]);
    expect(code).toBe(1);
    expect(err).toStartWith("error: mine.yaml is there already");
    expect(readFileSync(join(folder, "mine.yaml"), "utf8")).toBe("# mine");
  });
});

describe("config", () => {
  test("show prints YAML that is a configuration again", async () => {
    const { out, code } = await koppla(["config", "show", "-c", good]);
    expect(code).toBe(0);
    writeFileSync(join(folder, "shown.yaml"), out);
    const again = await koppla(["config", "show", "--json", "-c", "shown.yaml"]);
    const first = await koppla(["config", "show", "--json", "-c", good]);
    expect(JSON.parse(again.out)).toEqual(JSON.parse(first.out));
  });

  test("schema prints a JSON Schema", async () => {
    const { out } = await koppla(["config", "schema"]);
    expect(Object.keys(JSON.parse(out).properties)).toContain("webhooks");
  });

  test("reference is docs/koppla.yaml", async () => {
    const { out } = await koppla(["config", "reference"]);
    expect(out).toBe(readFileSync(join(import.meta.dir, "../../docs/koppla.yaml"), "utf8"));
  });
});

test("a stack is shown to those who ask for it only", async () => {
  expect((await koppla(["init", "mine.yaml"])).err).not.toContain("    at ");
  expect((await koppla(["init", "mine.yaml"], { KOPPLA_DEBUG: "1" })).err).toContain("    at ");
});
