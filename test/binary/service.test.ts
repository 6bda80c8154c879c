/** What systemd hears of the server, what the executable gives a system to install, and the log on the terminal. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually } from "./eventually.ts";
import { binary, run, startKoppla } from "./harness.ts";
import { NotifySocket } from "./notify-socket.ts";
import { TestReceiver } from "./receiver.ts";

const folder = mkdtempSync(join(tmpdir(), "koppla-service-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("systemd", () => {
  test.each([join(folder, "notify"), `@koppla-test-${process.pid}`])(
    "hears at %s how the server fares",
    async (path) => {
      using systemd = new NotifySocket(path);
      await using koppla = await startKoppla({
        organisation: false,
        env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: "200000" },
      });
      const told = (text: string) => systemd.messages.filter((message) => message.startsWith(text));
      await eventually("signs of life come", async () => told("WATCHDOG=1")[2]);
      expect(systemd.messages[0]).toMatch(
        /^READY=1\nSTATUS=koppla \S+ listens at http:\/\/127\.0\.0\.1:\d+$/,
      );

      await koppla.cli("reload");
      const [reloading = ""] = told("RELOADING=1");
      const [, at] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)\nSTATUS=reloading$/.exec(reloading) ?? [];
      const uptime = Number((await readFile("/proc/uptime", "utf8")).split(" ")[0]);
      expect(Math.abs(Number(at) / 1e6 - uptime)).toBeLessThan(60);
      await eventually("it is ready again", async () => told("READY=1")[1]);

      process.kill(koppla.pid, "SIGHUP");
      await eventually("it is ready after SIGHUP", async () => told("READY=1")[2]);

      const good = await readFile(koppla.configFile, "utf8");
      await Bun.write(koppla.configFile, "sevrer: {}\n");
      process.kill(koppla.pid, "SIGHUP");
      const failed = await eventually(
        "it is ready after a reload that failed",
        async () => told("READY=1")[3],
      );
      expect(failed).toContain("; not reloaded: ");
      await Bun.write(koppla.configFile, good);

      await koppla.stop();
      expect(told("STOPPING=1")).toHaveLength(1);
    },
  );

  test("that has gone away does not hinder the server", async () => {
    const path = join(folder, "gone");
    await using koppla = await startKoppla({ organisation: false, env: { NOTIFY_SOCKET: path } });
    expect((await fetch(`${koppla.url}/readyz`)).status).toBe(200);
    await koppla.stop();
  });
});

describe("koppla service install", () => {
  test("prints the unit for this executable and this configuration", async () => {
    await run(["init", folder]);
    const { exitCode, stdout } = await run([
      "service",
      "install",
      "--print",
      "-c",
      join(folder, "koppla.yaml"),
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`ExecStart=${binary} serve -c ${folder}/koppla.yaml\n`);
    expect(stdout).toContain(`ReadWritePaths=${folder}/data\n`);
  });

  test("writes it for a user that there is, and says how to make one that there is not", async () => {
    const install = (user: string) =>
      run([
        "service",
        "install",
        "--user",
        user,
        "--unit-dir",
        folder,
        "-c",
        join(folder, "koppla.yaml"),
        "--json",
      ]);
    const missing = await install("koppla-nobody");
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain("useradd --system");
    expect((await install("root")).exitCode).toBe(1);
    if (process.getuid?.() !== 0) return;
    const done = await install("nobody");
    expect(JSON.parse(done.stdout)).toMatchObject({ unit: join(folder, "koppla.service"), user: "nobody" });
    expect(readFileSync(join(folder, "koppla.service"), "utf8")).toContain("User=nobody\n");
  });
});

test("the executable prints its manual page and what completes its commands", async () => {
  expect((await run(["man"])).stdout).toStartWith(".TH KOPPLA 1");
  for (const [shell, start] of [
    ["bash", "# bash completion"],
    ["zsh", "#compdef koppla"],
    ["fish", "# fish completion"],
  ] as const)
    expect((await run(["completion", shell])).stdout).toStartWith(start);
  expect((await run(["completion", "csh"])).exitCode).toBe(2);
});

test("koppla log shows what was sent, and follows what is being sent", async () => {
  await using target = new TestReceiver();
  await using koppla = await startKoppla({ config: { webhooks: { allow_targets: ["127.0.0.1"] } } });
  const body = { name: "Site", url: target.url(), topics: ["*"], bundle: { quiet: "0s" } };
  const { id } = await koppla.demo.send<{ id: string }>("POST", "/api/v1/receivers", body, 201);

  const follower = Bun.spawn(
    [binary, "log", "--org", "demo", "--follow", "--json", "-c", koppla.configFile],
    {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const notes = follower.stderr.pipeThrough(new TextDecoderStream()).getReader();
  expect((await notes.read()).value).toContain("following");
  await koppla.demo.send("PUT", "/api/v1/trainings/1", { name: "Svetsning" }, 201);
  const lines = follower.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const told = JSON.parse((await lines.read()).value ?? "");
  expect(told).toMatchObject({
    ...{ receiver_id: id, topics: ["Trainings.Update"], status: "delivered" },
    ...{ number: 1, status_code: 204, error: null },
  });
  follower.kill("SIGINT");
  expect(await follower.exited).toBe(0);

  const shown = await eventually("the log has what was sent", async () => {
    const args = ["log", "--org", "demo", "--receiver", id, "--status", "delivered"];
    return (await koppla.cliJson<{ id: string }[]>(...args))[0];
  });
  expect(shown.id).toBe(told.delivery_id);
  const { stdout } = await koppla.cli("log", "--org", "demo");
  expect(stdout).toMatch(/^\S+Z {2}delivered {3}204 {2}msg_\w+ {2}\S+ {2}Trainings\.Update\n$/);

  await koppla.stop();
  expect((await koppla.cli("log", "--org", "demo")).stdout).toBe(stdout);
  const alone = await koppla.cli("log", "--org", "demo", "--follow");
  expect(alone).toMatchObject({ exitCode: 1 });
  expect(alone.stderr).toContain("No server runs");
});
