import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { requestRoom } from "./reexec.ts";

const folder = mkdtempSync(join(tmpdir(), "koppla-reexec-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program that starts anew, and gives what its last image printed. */
async function run(program: string, env: Record<string, string>): Promise<string> {
  const file = join(folder, "program.ts");
  writeFileSync(
    file,
    `import * as anew from ${JSON.stringify(join(import.meta.dir, "reexec.ts"))};\n${program}`,
  );
  const child = Bun.spawn([process.execPath, "--smol", file, "an argument"], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdout: "pipe",
    stderr: "inherit",
  });
  expect(await child.exited).toBe(0);
  return (await new Response(child.stdout).text()).replaceAll(String(child.pid), "PID");
}

describe("a process that starts anew", () => {
  test("is the same one, with the same arguments and options, and room for more requests", async () => {
    const program = `anew.raiseRequestLimit();
      console.log(process.pid, process.argv[2], process.execArgv[0], process.env.BUN_CONFIG_MAX_HTTP_REQUESTS, process.env.OTHER);`;
    expect(await run(program, { OTHER: "kept" })).toBe("PID an argument --smol 2048 kept\n");
    expect(await run(program, { OTHER: "", BUN_CONFIG_MAX_HTTP_REQUESTS: "7" })).toBe(
      "PID an argument --smol 7 \n",
    );
  });

  test("trusts a file of authorities beside those of its environment, and does so once", async () => {
    const [own, given] = [join(folder, "own.pem"), join(folder, "given.pem")];
    writeFileSync(own, "ours");
    writeFileSync(given, "theirs");
    const program = `process.stdout.write("start ");
      console.log(anew.trustAuthorities(${JSON.stringify(own)}, ${JSON.stringify(folder)}), process.env.NODE_EXTRA_CA_CERTS);`;
    expect(await run(program, {})).toBe(`start start undefined ${own}\n`);
    const both = join(folder, "authorities.pem");
    expect(await run(program, { NODE_EXTRA_CA_CERTS: given })).toBe(`start start undefined ${both}\n`);
    expect(readFileSync(both, "utf8")).toBe("theirs\nours");
    // What names no file is passed over.
    expect(await run(program, { NODE_EXTRA_CA_CERTS: join(folder, "none.pem") })).toContain(
      `undefined ${own}`,
    );
  });
});

describe("the room for deliveries", () => {
  test.each([
    [1_000, "2048", 20_000, { room: 1_000 }],
    [1_000, undefined, 20_000, { room: 240, cause: "BUN_CONFIG_MAX_HTTP_REQUESTS is not set" }],
    [1_000, "100", 20_000, { room: 84, cause: "BUN_CONFIG_MAX_HTTP_REQUESTS is 100" }],
    [1_000, "2048", 1_024, { room: 768, cause: "the process may open 1024 files (ulimit -n)" }],
    [1_000, "2048", 200, { room: 50, cause: "the process may open 200 files (ulimit -n)" }],
    [
      1_000,
      "nonsense",
      Number.POSITIVE_INFINITY,
      { room: 240, cause: "BUN_CONFIG_MAX_HTTP_REQUESTS is nonsense" },
    ],
    [40, "2048", 1_024, { room: 40 }],
  ])("of %d wanted, with a limit of %s requests and %d files", (wanted, limit, descriptors, room) => {
    expect(requestRoom(wanted, { limit, descriptors })).toEqual(room);
  });
});
