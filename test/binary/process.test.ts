/** The program as a sysadmin meets it: exit codes, files and their modes, what it says when something is wrong. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onPostgres, prepareKoppla, run, startKoppla } from "./harness.ts";
import { expectNothingInternal } from "./wire.ts";

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koppla-process-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function yaml(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await Bun.write(file, text);
  return file;
}

describe("koppla check", () => {
  test("accepts a good file with exit code 0", async () => {
    await using koppla = await prepareKoppla();
    expect(await koppla.cli("check")).toMatchObject({ exitCode: 0 });
  });

  test("names every error with file, line and column at once, and exits with 78", async () => {
    const file = await yaml(
      "wrong.yaml",
      "server:\n  listen: nowhere\n  public_ulr: http://x\ntypes:\n  trainings:\n    object: training\n    key: decimal\n",
    );
    const { exitCode, stderr, stdout } = await run(["check", "-c", file]);
    expect(exitCode).toBe(78);
    const text = stdout + stderr;
    expect(text).toContain("wrong.yaml:2:");
    expect(text).toContain("wrong.yaml:3:");
    expect(text).toContain("wrong.yaml:7:");
    expect(text).toContain("public_url");
    expectNothingInternal(text.replaceAll(folder, ""));
  });

  test.each([
    ["a duplicate key", "server: { listen: 127.0.0.1:1 }\nserver: { listen: 127.0.0.1:2 }\n"],
    ["YAML that is broken", "server: {\n"],
    ["a type named like a fixed path", "types: { receivers: { object: receiver, key: integer } }\n"],
  ])("refuses %s with 78", async (name, text) => {
    const file = await yaml(`${name.replaceAll(" ", "-")}.yaml`, text);
    const { exitCode, stderr, stdout } = await run(["check", "-c", file]);
    expect(exitCode).toBe(78);
    expect(stderr + stdout).toContain(".yaml:");
  });

  test("of a file that is not there says so and what to do", async () => {
    const { exitCode, stderr } = await run(["check", "-c", join(folder, "nonesuch.yaml")]);
    expect(exitCode).toBe(78);
    expect(stderr).toContain("nonesuch.yaml");
    expect(stderr).toContain("koppla init");
  });
});

describe("koppla serve", () => {
  test("of a bad file exits with 78 before it touches anything", async () => {
    const file = await yaml("bad/koppla.yaml", "sevrer: {}\n");
    const { exitCode, stderr } = await run(["serve", "-c", file], { cwd: join(folder, "bad") });
    expect(exitCode).toBe(78);
    expect(stderr).toContain("server");
    expect(await readdir(join(folder, "bad"))).toEqual(["koppla.yaml"]);
  });

  test("on a port that is taken fails with 1 and names the address", async () => {
    await using first = await startKoppla({ organisation: false });
    const { host, port } = new URL(first.url);
    await using second = await prepareKoppla({ config: { server: { listen: host } } });
    const { exitCode, stderr, stdout } = await second.cli("serve");
    expect(exitCode).toBe(1);
    expect(stderr + stdout).toContain(port);
    expectNothingInternal(stderr.replaceAll(second.dir, ""));
  });

  test("keeps key and database from others: 0600, their folder 0700", async () => {
    await using koppla = await startKoppla();
    await koppla.demo.put("/api/v1/trainings/1", { name: "n" });
    const data = join(koppla.dir, "data");
    expect(await modeOf(data)).toBe("700");
    const files = await readdir(data);
    expect(files).toContain("koppla.key");
    if (!onPostgres) expect(files).toContain("koppla.db");
    for (const file of files)
      expect({ file, mode: await modeOf(join(data, file)) }).toEqual({ file, mode: "600" });
  });

  test("refuses a key file that others can read, and names the command that mends it", async () => {
    await using koppla = await startKoppla();
    await koppla.stop();
    const key = join(koppla.dir, "data/koppla.key");
    await chmod(key, 0o644);
    const { exitCode, stderr } = await koppla.cli("serve");
    expect([1, 78]).toContain(exitCode);
    expect(stderr).toContain("chmod 600");
    expect(stderr).toContain("koppla.key");
    await chmod(key, 0o600);
    await koppla.start();
    expect((await koppla.demo.get("/api/v1/trainings")).status).toBe(200);
  });

  test("refuses a database whose key file is gone instead of making a new key", async () => {
    await using koppla = await startKoppla();
    await koppla.stop();
    await rm(join(koppla.dir, "data/koppla.key"));
    const { exitCode, stderr } = await koppla.cli("serve");
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("koppla.key");
  });

  test("takes nothing from the folder it is started in: no .env, no bunfig.toml", async () => {
    await using koppla = await prepareKoppla({
      config: { server: { public_url: "${KOPPLA_TEST_URL:-https://default.example}" } },
    });
    await Bun.write(join(koppla.dir, ".env"), "KOPPLA_TEST_URL=https://from-dotenv.example\n");
    await Bun.write(join(koppla.dir, "bunfig.toml"), 'preload = ["./evil.ts"]\n');
    await Bun.write(join(koppla.dir, "evil.ts"), "process.exit(99);\n");
    await koppla.start();
    await koppla.makeDemo();
    const created = await koppla.demo.post("/api/v1/receivers", {
      name: "r",
      url: "http://127.0.0.1:9/x",
      topics: ["*"],
      account_id: koppla.demo.clientId,
      enabled: false,
    });
    expect(created.status).toBe(201);
    const shown = await koppla.cli("config", "show");
    expect(shown.stdout).toContain("https://default.example");
    expect(shown.stdout).not.toContain("from-dotenv");
  });
  test("tells of every request at log level debug, whatever the answer, and of callers that have gone", async () => {
    await using koppla = await startKoppla({ config: { log: { level: "debug" } } });
    const asks: [path: string, status: number][] = [
      ["/api/v1/me", 200],
      ["/api/v1/trainings/1", 422],
      ["/nowhere", 404],
      ["/oauth/token", 405],
    ];
    for (const [path, status] of asks) {
      const id = `asked-${status}-${path.length}`;
      await koppla.demo.get(`${path}?secret=canary`, { "x-request-id": id });
      const { json } = await koppla.log.waitFor((line) => line.json?.["request_id"] === id);
      expect(json).toMatchObject({ level: "debug", msg: "request", method: "GET", path, status });
    }
    // Whoever hangs up at once leaves nothing to read of the request when it is answered.
    const { hostname, port } = new URL(koppla.url);
    const head = `GET /api/v1/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${koppla.demo.token}\r\n\r\n`;
    for (let callers = 0; callers < 50; callers++) {
      await new Promise<void>((resolve) => {
        const socket = connect({ host: hostname, port: Number(port) }, () =>
          socket.write(head, () => socket.destroy()),
        );
        socket.once("close", () => resolve());
      });
    }
    await koppla.stop();
    expect(koppla.log.text()).not.toContain("canary");
    expect(koppla.log.lines.filter(({ json }) => json === undefined)).toEqual([]);
  });
});

describe("koppla health", () => {
  test("is 0 while the server answers and 1 when it does not", async () => {
    // `listen` with port 0 cannot be found again by another process, so this server has a port of its own.
    const probe = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const listen = `127.0.0.1:${probe.port}`;
    await probe.stop(true);
    await using koppla = await startKoppla({ config: { server: { listen } }, organisation: false });
    expect(await koppla.cli("health")).toMatchObject({ exitCode: 0 });
    await koppla.stop();
    const down = await koppla.cli("health");
    expect(down.exitCode).toBe(1);
    expect(down.stderr).toContain(listen);
  });
});

describe("the command line", () => {
  test("answers usage errors with 2 and helps", async () => {
    for (const args of [["nonesuch"], ["serve", "--nonesuch"], ["organisation"], ["account", "create"]]) {
      const { exitCode, stderr } = await run(args);
      expect({ args, exitCode }).toEqual({ args, exitCode: 2 });
      expect(stderr).not.toBe("");
      expectNothingInternal(stderr);
    }
  });

  test("tells its version and its help with exit code 0", async () => {
    const version = await run(["version"]);
    expect(version.exitCode).toBe(0);
    expect(version.stdout).toMatch(/\d+\.\d+\.\d+/);
    const help = await run(["--help"]);
    expect(help.exitCode).toBe(0);
    for (const command of ["serve", "check", "init", "organisation", "account", "health", "demo", "listen"])
      expect(help.stdout).toContain(command);
  });

  test("makes an organisation once, and says so the second time", async () => {
    await using koppla = await startKoppla({ organisation: false });
    await koppla.partner("twice");
    const again = await koppla.cli("organisation", "create", "--code", "twice", "--name", "x", "--json");
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain("twice");
    const nowhere = await koppla.cli(
      "account",
      "create",
      "--org",
      "nonesuch",
      "--name",
      "x",
      "--grant",
      "*:*",
    );
    expect(nowhere.exitCode).toBe(1);
    expect(nowhere.stderr).toContain("nonesuch");
  });

  test("works while the server is stopped, and the server takes it up", async () => {
    await using koppla = await startKoppla({ organisation: false });
    await koppla.stop();
    const partner = await koppla.partner("offline");
    await koppla.start();
    expect((await partner.get("/api/v1/trainings")).status).toBe(200);
  });

  test("refuses grants that are none", async () => {
    await using koppla = await startKoppla();
    for (const grant of ["trainings", "trainings:fly", ":read", "trainings:"]) {
      const args = ["account", "create", "--org", "demo", "--name", "x", "--grant", grant];
      const { exitCode, stderr } = await koppla.cli(...args);
      expect({ grant, refused: exitCode === 1 || exitCode === 2 }).toEqual({ grant, refused: true });
      expect(stderr).not.toBe("");
    }
  });

  test("init writes a file that check and serve accept, and does not overwrite it", async () => {
    const dir = join(folder, "init");
    const file = join(dir, "koppla.yaml");
    await Bun.write(join(dir, "placeholder"), "");
    const made = await run(["init", file], { cwd: dir });
    expect(made.exitCode).toBe(0);
    expect(made.stdout).toContain("koppla serve");
    expect((await run(["check", "-c", file], { cwd: dir })).exitCode).toBe(0);
    const before = await Bun.file(file).text();
    const again = await run(["init", file], { cwd: dir });
    expect(again.exitCode).not.toBe(0);
    expect(await Bun.file(file).text()).toBe(before);
  });
});
