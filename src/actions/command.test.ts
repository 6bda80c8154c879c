import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { CommandRunConfig } from "../config/types.ts";
import { type CommandOptions, runCommand } from "./command.ts";

const never = new AbortController().signal;

const run = (
  command: string[],
  changes: Partial<CommandRunConfig> = {},
  options: Partial<CommandOptions> = {},
) =>
  runCommand(
    {
      ...{
        kind: "command",
        command,
        environment: {},
        directory: tmpdir(),
        outputLimit: 10_000,
        allowed: true,
      },
      ...changes,
    },
    { stdin: "{}", signal: never, grace: 100, ...options },
  );
const sh = (script: string, changes?: Partial<CommandRunConfig>, options?: Partial<CommandOptions>) =>
  run(["/bin/sh", "-c", script], changes, options);

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Processes that were ended are there until somebody has asked after them. */
async function gone(pid: number): Promise<void> {
  for (let tries = 0; exists(pid); tries++) {
    const state = await Bun.file(`/proc/${pid}/stat`)
      .text()
      .catch(() => ") Z");
    if (state.includes(") Z")) return;
    if (tries > 500) throw new Error(`process ${pid} is still there`);
    await Bun.sleep(10);
  }
}

describe("a command", () => {
  test("has its input on standard input, its arguments as they are, and no environment but what is listed", async () => {
    expect(await run(["cat"], {}, { stdin: '{"a":1}' })).toEqual({
      exitCode: 0,
      output: '{"a":1}',
      errors: "",
    });
    expect((await run(["/bin/echo", "$HOME", "a  b", "; rm x"])).output).toBe("$HOME a  b ; rm x\n");
    expect((await run(["env"], { environment: { LANG: "C" } })).output).toBe("LANG=C\n");
  });

  test("runs in its directory; one that is not there is no command that could run", async () => {
    const directory = mkdtempSync(join(tmpdir(), "koppla-command-"));
    expect((await run(["pwd"], { directory })).output).toBe(`${directory}\n`);
    rmSync(directory, { recursive: true });
    expect(await run(["pwd"], { directory })).toMatchObject({ cause: "not_found" });
  });

  test("says how it ended", async () => {
    expect(await sh("echo out; echo err >&2; exit 3")).toEqual({
      exitCode: 3,
      output: "out\n",
      errors: "err\n",
    });
    expect(await sh("kill -9 $$")).toMatchObject({ signal: "SIGKILL" });
  });

  test("that does not exist, or is no program, says so", async () => {
    expect(await run(["/no/such/program"])).toMatchObject({ cause: "not_found" });
    expect(await run(["no-such-program"])).toMatchObject({ cause: "not_found" });
    expect(await run(["/etc/hostname"])).toMatchObject({ cause: "not_started" });
  });

  test("that does not read its input ends all the same", async () => {
    expect(await run(["true"], {}, { stdin: "x".repeat(5_000_000) })).toMatchObject({ exitCode: 0 });
  });

  test("that prints 1 GB is ended at its limit, on either output", async () => {
    const before = process.memoryUsage().rss;
    const out = await sh("head -c 1000000000 /dev/zero");
    expect({ ...out, output: out.output.length }).toMatchObject({ cause: "output", output: 10_000 });
    const err = await sh("head -c 1000000000 /dev/zero >&2");
    expect({ ...err, errors: err.errors.length }).toMatchObject({ cause: "output", errors: 4_096 });
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  test("that hangs is ended when it is told to", async () => {
    const abort = new AbortController();
    const running = run(["sleep", "100"], {}, { signal: abort.signal });
    abort.abort();
    expect(await running).toMatchObject({ cause: "aborted", signal: "SIGTERM" });
  });

  test("that ignores SIGTERM is killed after a while, though it prints without end", async () => {
    const ended = await sh("trap '' TERM PIPE; while :; do echo y; done");
    expect(ended).toMatchObject({ cause: "output", signal: "SIGKILL" });
  });

  test("that forks leaves nothing behind: neither at its end, nor when it is ended", async () => {
    const done = await sh("sleep 100 & echo $!");
    expect(done.exitCode).toBe(0);
    await gone(Number(done.output));

    const abort = new AbortController();
    const file = join(mkdtempSync(join(tmpdir(), "koppla-command-")), "pid");
    const running = sh(
      `sleep 100 & echo $! > ${file}.new; mv ${file}.new ${file}; wait`,
      {},
      { signal: abort.signal },
    );
    while (!(await Bun.file(file).exists())) await Bun.sleep(5);
    abort.abort();
    expect(await running).toMatchObject({ cause: "aborted" });
    await gone(Number(await Bun.file(file).text()));
    rmSync(join(file, ".."), { recursive: true });
  });

  test("is not waited for longer where one that left its group holds its output open", async () => {
    const started = performance.now();
    const ended = await sh("setsid sleep 3 & sleep 0.1; echo $!");
    expect(ended.exitCode).toBe(0);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
