/** Actions as partners run them: requests to other systems, and commands on the server's machine. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { begin, configure, ended, isAlive, type Operation, runToEnd, startWithCommands } from "./actions.ts";
import { eventually } from "./eventually.ts";
import { type Koppla, LONG_TEST_MS, startKoppla } from "./harness.ts";

interface Call {
  path: string;
  method: string;
  headers: Record<string, string>;
  body: string;
}

/** The system that actions call. */
const calls: Call[] = [];
let answer: (call: Call) => Response | Promise<Response> = () => Response.json({ state: "done" });
const erp = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  fetch: async (request) => {
    const { pathname, search } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    const call = { path: pathname + search, method: request.method, headers, body: await request.text() };
    calls.push(call);
    return await answer(call);
  },
});
const url = (path: string) => `http://127.0.0.1:${erp.port}${path}`;
const sh = (script: string, more: Record<string, unknown> = {}) => ({
  run: { command: ["/bin/sh", "-c", script] },
  ...more,
});
const year = { type: "object", properties: { year: { type: "integer" } }, required: ["year"] };

let koppla: Koppla;
beforeAll(async () => {
  koppla = await startWithCommands({
    server: { listen: "127.0.0.1:0", dry_run_headers: ["Dry-Run", "ITCare-DryRun"] },
    actions: {
      report: {
        description: "Sends the report of a year.",
        input: year,
        run: {
          http: {
            url: url("/reports/{{input.year}}?by={{submitted_by}}"),
            method: "PUT",
            headers: { "x-tenant": "{{organisation}}" },
            body: { year: "{{input.year}}", title: "Year {{input.year}}", operation: "{{operation}}" },
            token: "geheim",
            success: { status: [200], body: { state: "done" } },
          },
        },
      },
      plain: { run: { http: { url: url("/plain"), retries: 2, retry_wait: "10ms" } } },
      passing: { run: { http: { url: url("/passing") } }, dry_run: "pass" },
      slow: { run: { http: { url: url("/slow") } }, timeout: "300ms" },
      hanging: { run: { http: { url: url("/hanging") } } },
      inside: { run: { http: { url: "http://10.0.0.1/" } } },
      nobody: { run: { http: { url: "http://127.0.0.1:9/" } } },
      foreign: { run: { http: { url: url("/") } }, organisations: ["elsewhere"] },
      echo: { input: year, run: { command: ["/bin/cat"] } },
      environment: { run: { command: ["/usr/bin/env"] }, environment: { LANG: "C", TOKEN: "abc" } },
      arguments: { run: { command: ["/bin/echo", "$HOME", "; touch x", "a  b"] } },
      fails: sh("echo half; echo of internal matters >&2; exit 3"),
      missing: { run: { command: ["/no/such/program"] } },
      hangs: sh("sleep 1000", { timeout: "300ms" }),
      stubborn: sh("trap '' TERM; echo $$ > stubborn.pid; while :; do sleep 0.05; done", {
        timeout: "300ms",
      }),
      gigabyte: sh("head -c 1000000000 /dev/zero"),
      forks: sh("sleep 1000 & echo $!"),
      waits: sh("sleep 1000 & echo $! > waits.pid; wait"),
      narrow: { run: { http: { url: url("/hanging") } }, limits: { at_once: 1, open: 2 } },
    },
  });
});
afterAll(async () => {
  await koppla.dispose();
  await erp.stop(true);
});

const last = () => calls.at(-1);

describe("an action that is a request", () => {
  test("is made of the input, judged by its rule, and its answer kept", async () => {
    const operation = await begin(koppla.demo, "report", { year: 2026 });
    expect(operation).toMatchObject({
      ...{ kind: "action:report", status: "IN_PROGRESS", resource_type: "action", resource_name: "report" },
      submitted_by: `account:${koppla.demo.clientId}`,
    });
    expect(await ended(koppla.demo, operation)).toMatchObject({
      ...{ status: "SUCCESS", message: "It was answered with 200." },
      result: { status: 200, body: { state: "done" } },
    });
    expect(last()).toMatchObject({
      path: `/reports/2026?by=account%3A${koppla.demo.clientId}`,
      method: "PUT",
      headers: { "x-tenant": "demo", authorization: "Bearer geheim", "idempotency-key": operation.id },
    });
    expect(JSON.parse(last()?.body ?? "")).toEqual({
      year: 2026,
      title: "Year 2026",
      operation: operation.id,
    });
  });

  test("has failed where the answer is not what the YAML asks for", async () => {
    answer = () => Response.json({ state: "busy" });
    expect(await runToEnd(koppla.demo, "report", { year: 1 })).toMatchObject({
      ...{ status: "ERROR", message: 'It was answered with 200, but state is "busy" and not "done".' },
      result: { status: 200, body: { state: "busy" } },
    });
  });

  test("is tried again as often as the YAML says", async () => {
    let tries = 0;
    answer = () => (++tries < 3 ? new Response(null, { status: 503 }) : Response.json(tries));
    expect(await runToEnd(koppla.demo, "plain")).toMatchObject({ status: "SUCCESS", result: { body: 3 } });
    answer = () => (tries++, new Response("broken", { status: 500 }));
    expect(await runToEnd(koppla.demo, "plain")).toMatchObject({
      ...{ status: "ERROR", message: "It was answered with 500.", result: { status: 500, body: "broken" } },
    });
    expect(tries).toBe(6);
  });

  test("ends in time where nobody answers, and says so where it may not go or nobody is there", async () => {
    answer = () => new Promise(() => {});
    expect((await runToEnd(koppla.demo, "slow")).message).toStartWith("There was no answer in time");
    expect((await runToEnd(koppla.demo, "nobody")).message).toStartWith("No connection came about");
    const inside = await runToEnd(koppla.demo, "inside");
    expect([inside.status, inside.message]).toEqual([
      "ERROR",
      expect.stringContaining("The request may not go there"),
    ]);
  });

  test("can be cancelled", async () => {
    answer = () => new Promise(() => {});
    const before = calls.length;
    const operation = await begin(koppla.demo, "hanging");
    await eventually("it is under way", async () => calls[before]);
    await koppla.demo.send("POST", `/api/v1/operations/${operation.id}/cancel`, {}, 202);
    expect(await ended(koppla.demo, operation)).toMatchObject({
      status: "ERROR",
      result: { cancelled: true },
    });
  });

  test("is refused where as many are open as may be", async () => {
    answer = () => new Promise(() => {});
    const open = [await begin(koppla.demo, "narrow"), await begin(koppla.demo, "narrow")];
    const refused = await koppla.demo.post("/api/v1/actions/narrow", {});
    expect([refused.status, refused.headers.has("retry-after")]).toEqual([429, true]);
    for (const { id } of open) await koppla.demo.post(`/api/v1/operations/${id}/cancel`, {});
    for (const operation of open) await ended(koppla.demo, operation);
    await koppla.demo.post(`/api/v1/operations/${(await begin(koppla.demo, "narrow")).id}/cancel`, {});
  });
});

describe("a dry run", () => {
  const dry = { "dry-run": "true" };

  test("checks the input and starts nothing", async () => {
    const before = calls.length;
    const answered = await koppla.demo.post("/api/v1/actions/report", { year: 2026 }, dry);
    expect([answered.status, answered.headers.get("dry-run")]).toEqual([202, "true"]);
    const { id, status }: Operation = JSON.parse(await answered.text());
    expect(status).toBe("IN_PROGRESS");
    expect((await koppla.demo.get(`/api/v1/operations/${id}`)).status).toBe(404);
    expect((await koppla.demo.post("/api/v1/actions/report", {}, dry)).status).toBe(422);
    expect(calls.length).toBe(before);
  });

  test("is passed on with the header it came with, where the YAML says so", async () => {
    answer = () => Response.json({});
    const headers = { "itcare-dryrun": "true" };
    const answered = await koppla.demo.post("/api/v1/actions/passing", {}, headers);
    expect(answered.status).toBe(202);
    const operation: Operation = JSON.parse(await answered.text());
    expect(await ended(koppla.demo, operation)).toMatchObject({ status: "SUCCESS" });
    expect(last()?.headers["itcare-dryrun"]).toBe("true");
    await runToEnd(koppla.demo, "passing");
    expect(last()?.headers["itcare-dryrun"]).toBeUndefined();
  });
});

describe("who may", () => {
  test("run an action: whoever has its grant, in an organisation that has it", async () => {
    const { items } = await koppla.demo.read<{ items: { name: string }[] }>("/api/v1/actions?limit=500");
    expect(items.find(({ name }) => name === "report")).toEqual({
      ...{ name: "report", description: "Sends the report of a year.", input: year, run: "http" },
      ...{ dry_run: "validate", timeout_seconds: 600, enabled: true },
    } as never);
    expect(items.map(({ name }) => name)).not.toContain("foreign");
    const one = await koppla.account("demo", ["action:report:run", "trainings:read"]);
    const mine = await one.read<{ items: { name: string }[]; next_cursor: null }>("/api/v1/actions");
    expect([mine.items.map(({ name }) => name), mine.next_cursor]).toEqual([["report"], null]);
    const statuses = async (names: string[]) =>
      await Promise.all(
        names.map(async (name) => (await one.post(`/api/v1/actions/${name}`, { year: 1 })).status),
      );
    answer = () => Response.json({ state: "done" });
    expect(await statuses(["report", "plain", "foreign", "unheard-of"])).toEqual([202, 403, 404, 404]);
    expect((await fetch(`${koppla.url}/api/v1/actions`)).status).toBe(401);
  });

  test.each([
    ["report", {}, "year"],
    ["report", { year: "2026" }, "year"],
    ["plain", { year: 2026 }, "year"],
    ["report", [1], ""],
  ])("%s is not begun with %j", async (name, input, field) => {
    const refused = await koppla.demo.post(`/api/v1/actions/${name}`, input);
    expect(refused.status).toBe(422);
    const { violations }: { violations: { field: string }[] } = JSON.parse(await refused.text());
    expect(violations.map((one) => one.field)).toContain(field);
  });

  test("send no body where there is nothing to say, and the same request twice", async () => {
    answer = () => Response.json({});
    const headers = { "idempotency-key": crypto.randomUUID() };
    const send = async () => await koppla.demo.api("/api/v1/actions/plain", { method: "POST", headers });
    const [first, second] = [await send(), await send()];
    expect([first.status, second.status, second.headers.get("idempotency-replayed")]).toEqual([
      202,
      202,
      "true",
    ]);
    const body = await first.text();
    expect(await second.text()).toBe(body);
    const { id }: Operation = JSON.parse(body);
    expect(first.headers.get("location")).toEndWith(`/api/v1/operations/${id}`);
    await ended(koppla.demo, { id });
  });
});

describe("an action that is a command", () => {
  test("has its input on standard input; JSON that it prints is its result", async () => {
    expect(await runToEnd(koppla.demo, "echo", { year: 2026 })).toMatchObject({
      ...{ status: "SUCCESS", message: "The command has run." },
      result: { exit_code: 0, output: { year: 2026 } },
    });
  });

  test("has no shell, and no environment but what is listed", async () => {
    const said = async (name: string) => (await runToEnd(koppla.demo, name)).result?.["output"];
    expect(await said("arguments")).toBe("$HOME ; touch x a  b\n");
    expect(
      String(await said("environment"))
        .trim()
        .split("\n")
        .sort(),
    ).toEqual(["LANG=C", "TOKEN=abc"]);
  });

  test("that fails says its exit code; what it prints as errors is for the server's log alone", async () => {
    const operation = await runToEnd(koppla.demo, "fails");
    expect(operation).toMatchObject({
      ...{ status: "ERROR", message: "The command ended with exit code 3." },
      result: { exit_code: 3, output: "half\n" },
    });
    expect(JSON.stringify(operation)).not.toContain("internal");
    await koppla.log.waitFor(({ json }) => json?.["stderr"] === "of internal matters\n");
  });

  test("that does not exist says so", async () => {
    expect(await runToEnd(koppla.demo, "missing")).toMatchObject({
      ...{ status: "ERROR", message: "The command does not exist on this server." },
    });
  });

  test("that hangs, or ignores that it is to end, is ended when its time is over", async () => {
    expect(await runToEnd(koppla.demo, "hangs")).toMatchObject({
      status: "ERROR",
      result: { timed_out: true },
    });
    expect(await runToEnd(koppla.demo, "stubborn")).toMatchObject({
      ...{ status: "ERROR", result: { timed_out: true, signal: "SIGKILL" } },
    });
    const pid = Number(await readFile(join(koppla.dir, "stubborn.pid"), "utf8"));
    expect(await isAlive(pid)).toBe(false);
  }, 20_000);

  test("that prints 1 GB is ended at its limit", async () => {
    const { status, message, result } = await runToEnd(koppla.demo, "gigabyte");
    expect([status, message]).toEqual([
      "ERROR",
      "The command printed more than it may (65536 bytes) and was ended.",
    ]);
    expect(String(result?.["output"])).toHaveLength(65_536);
  });

  test("that forks leaves nothing behind", async () => {
    const { status, result } = await runToEnd(koppla.demo, "forks");
    expect(status).toBe("SUCCESS");
    const gone = async () => ((await isAlive(Number(result?.["output"]))) ? undefined : true);
    await eventually("what it started has ended", gone);
  });

  test("is ended with all that it started when it is cancelled", async () => {
    const operation = await begin(koppla.demo, "waits");
    const file = join(koppla.dir, "waits.pid");
    await eventually("it has forked", async () => (existsSync(file) ? true : undefined));
    const pid = Number(
      await eventually("it says which", async () => (await readFile(file, "utf8")).trim() || undefined),
    );
    expect(await isAlive(pid)).toBe(true);
    await koppla.demo.send("POST", `/api/v1/operations/${operation.id}/cancel`, {}, 202);
    expect(await ended(koppla.demo, operation)).toMatchObject({
      status: "ERROR",
      result: { cancelled: true },
    });
    await eventually("it has ended", async () => ((await isAlive(pid)) ? undefined : true));
  });
});

test(
  "commands under way end with the server; their operations say that they were broken off, or begin again",
  async () => {
    await using server = await startWithCommands({
      actions: {
        once: sh("echo $$ >> once.log; sleep 1000"),
        again: sh("echo $$ >> again.log; [ $(wc -l < again.log) -ge 3 ] || sleep 1000", {
          interrupted: "again",
        }),
      },
    });
    const pids = async (name: string) =>
      (await readFile(join(server.dir, `${name}.log`), "utf8").catch(() => "")).split("\n").slice(0, -1);
    const begun = (name: string, count: number) =>
      eventually(`${name} has begun`, async () => ((await pids(name)).length === count ? true : undefined));
    const stopped = [await begin(server.demo, "once"), await begin(server.demo, "again")];
    await begun("once", 1);
    await begun("again", 1);
    await server.restart();
    expect(await ended(server.demo, stopped[0] ?? { id: "" })).toMatchObject({
      ...{ status: "ERROR", message: "The server was stopped while it ran." },
    });
    await begun("again", 2);
    const killed = await begin(server.demo, "once");
    await begun("once", 2);
    await server.kill9();
    await server.start();
    expect(await ended(server.demo, killed)).toMatchObject({
      ...{ status: "ERROR", message: "The server was killed while it ran; nobody knows how far it came." },
    });
    expect(await ended(server.demo, stopped[1] ?? { id: "" })).toMatchObject({ status: "SUCCESS" });
    expect([(await pids("once")).length, (await pids("again")).length]).toEqual([2, 3]);
    // A kill leaves it behind: an init system ends it with the server's control group.
    process.kill(-Number((await pids("once")).at(-1)), "SIGKILL");
  },
  LONG_TEST_MS,
);

test("commands are off unless the YAML says otherwise: it warns, shows it, and runs none", async () => {
  await using server = await startKoppla({ config: { actions: { tidy: sh("touch tidy.ran") } } });
  const checked = await server.cli("check");
  expect(checked.exitCode).toBe(0);
  expect(checked.stderr).toContain("actions.tidy.run.command: is not run: commands are off");
  const refused = await server.demo.post("/api/v1/actions/tidy", {});
  expect(refused.status).toBe(403);
  expect(await server.demo.read("/api/v1/actions")).toMatchObject({
    items: [{ name: "tidy", enabled: false }],
  });
  expect(existsSync(join(server.dir, "tidy.ran"))).toBe(false);
  await configure(server, { actions_allow_commands: true });
  await server.restart();
  expect(await runToEnd(server.demo, "tidy")).toMatchObject({ status: "SUCCESS" });
  expect(existsSync(join(server.dir, "tidy.ran"))).toBe(true);
});
