/** What would hurt the server: no disk, no memory, too many connections, the wrong files. It refuses, says so, lives on. */
import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";

import { eventually } from "./eventually.ts";
import { hasMounts, type Koppla, LONG_TEST_MS, onPostgres, prepareKoppla, startKoppla } from "./harness.ts";
import { TestReceiver } from "./receiver.ts";
import { checkProblem } from "./wire.ts";

let koppla: Koppla;
afterEach(() => koppla.dispose());

const said = (msg: string) => koppla.log.waitFor(({ json }) => String(json?.["msg"]).includes(msg));
const tmpfs = (size: string) => (dir: string) =>
  `mkdir -p ${dir}/data && mount -t tmpfs -o size=${size},mode=700 tmpfs ${dir}/data`;
const fill = async (megabytes: number) => {
  const of = join(koppla.dir, "data/ballast");
  const made = await koppla.inside("dd", "if=/dev/zero", `of=${of}`, "bs=1M", `count=${megabytes}`);
  expect(made.exitCode).toBe(0);
};
const free = () => koppla.inside("rm", join(koppla.dir, "data/ballast"));

describe.skipIf(!hasMounts || onPostgres)("the disk", () => {
  test(
    "nearly full: pushes, imports and messages are 507, reads and deliveries go on, and it ends by itself",
    async () => {
      await using receiver = new TestReceiver();
      koppla = await startKoppla({ mounts: tmpfs("80m"), config: { database: { reserve: "24MB" } } });
      const { demo } = koppla;
      const made = await demo.send<{ id: string }>(
        "POST",
        "/api/v1/receivers",
        { name: "R", url: receiver.url(), topics: ["*"], account_id: demo.clientId },
        201,
      );
      expect((await demo.put("/api/v1/trainings/1", { name: "n" })).status).toBe(201);
      await fill(60);
      await said("the disk is nearly full");

      const refused = [
        demo.put("/api/v1/trainings/2", { name: "n" }),
        demo.patch("/api/v1/trainings/1", { name: "m" }),
        demo.post("/api/v1/trainings", [{ id: 3, name: "n" }]),
        demo.post("/api/v1/trainings/import", [{ id: 4, name: "n" }]),
        demo.post("/api/v1/trainings/export", {}),
        demo.post("/webmessages", { message: "m" }),
      ];
      for (const answer of await Promise.all(refused)) {
        const body = await answer.text();
        expect([answer.status, answer.headers.get("retry-after")]).toEqual([507, "60"]);
        checkProblem(507, answer.headers.get("content-type"), body);
      }
      expect((await demo.get("/api/v1/trainings/1")).status).toBe(200);
      expect((await demo.get("/api/v1/trainings/2")).status).toBe(404);
      expect((await fetch(`${koppla.url}/readyz`)).status).toBe(200);
      // Deliveries and management are written in the reserve.
      const tried = await demo.post(`/api/v1/receivers/${made.id}/test`, {});
      expect(tried.status).toBeLessThan(300);
      expect((await demo.delete("/api/v1/trainings/1")).status).toBe(204);
      await eventually("the removal is delivered", async () => {
        const page = await demo.read<{ items: { status: string; topics: string[] }[] }>("/api/v1/deliveries");
        const found = page.items.find(({ topics }) => topics.includes("Trainings.Destroy"));
        return found?.status === "delivered" || undefined;
      });

      await free();
      await said("the disk has room again");
      expect((await demo.put("/api/v1/trainings/2", { name: "n" })).status).toBe(201);
    },
    LONG_TEST_MS,
  );

  test("full at the start: it says so, and what to do", async () => {
    koppla = await prepareKoppla({
      mounts: (dir) =>
        `${tmpfs("4m")(dir)} && dd if=/dev/zero of=${dir}/data/ballast bs=1k count=4090 status=none`,
    });
    await expect(koppla.start()).rejects.toThrow("Make room there and start again");
  });

  test("read-only: it says so, and leaves what is there as it is", async () => {
    koppla = await startKoppla();
    await koppla.demo.put("/api/v1/trainings/1", { name: "n" });
    await koppla.stop();
    const before = readFileSync(join(koppla.dir, "data/koppla.db")).toString("base64");
    const { dir, configFile } = koppla;
    const child = Bun.spawnSync([
      ...["unshare", "--mount", "sh", "-ec"],
      `mount --bind ${dir}/data ${dir}/data && mount -o remount,bind,ro ${dir}/data && exec "$@"`,
      ...["sh", process.env["KOPPLA_BINARY"] ?? join(import.meta.dir, "../../dist/koppla"), "serve", "-c"],
      configFile,
    ]);
    expect(child.exitCode).not.toBe(0);
    expect(child.stderr.toString()).toContain("read-only");
    expect(readFileSync(join(koppla.dir, "data/koppla.db")).toString("base64")).toBe(before);
    await koppla.start();
    expect((await koppla.demo.get("/api/v1/trainings/1")).status).toBe(200);
  });
});

describe("the key file", () => {
  test("another key than the database's own is refused, and nothing is written with it", async () => {
    koppla = await startKoppla();
    await koppla.stop();
    const key = join(koppla.dir, "data/koppla.key");
    renameSync(key, `${key}.right`);
    writeFileSync(key, `${Buffer.alloc(32, 7).toString("base64")}\n`, { mode: 0o600 });
    for (const command of [["serve"], ["organisation", "list"]]) {
      const { exitCode, stderr } = await koppla.cli(...command);
      expect(exitCode).toBe(78);
      expect(stderr).toContain("found another key than the one that the database was made with");
    }
    renameSync(`${key}.right`, key);
    await koppla.start();
    expect((await koppla.demo.get("/api/v1/me")).status).toBe(200);
  });

  test("one that is no key, or that others can read, is refused with what to do", async () => {
    koppla = await startKoppla();
    await koppla.stop();
    const key = join(koppla.dir, "data/koppla.key");
    const right = readFileSync(key);
    writeFileSync(key, "nonsense\n");
    expect((await koppla.cli("serve")).stderr).toContain("restore it from a backup");
    writeFileSync(key, right);
    chmodSync(key, 0o644);
    expect((await koppla.cli("serve")).stderr).toContain("chmod 600");
    chmodSync(key, 0o600);
    await koppla.start();
    expect((await koppla.demo.get("/api/v1/me")).status).toBe(200);
  });
});

test("above the memory ceiling what may be large is 503 with Retry-After, and small pushes and reads go on", async () => {
  koppla = await startKoppla({ config: { server: { limits: { memory: "20MB" } } } });
  const { demo } = koppla;
  await said("much memory is in use");
  const long = { name: "n", city: "x".repeat(300_000) };
  for (const answer of [
    await demo.post("/api/v1/trainings/import", [{ id: 1, name: "n" }]),
    await demo.post("/api/v1/trainings/export", {}),
    await demo.post("/webmessages", { message: "m" }),
    await demo.put("/api/v1/trainings/1", long),
  ]) {
    const body = await answer.text();
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "10"]);
    checkProblem(503, answer.headers.get("content-type"), body);
  }
  expect((await demo.put("/api/v1/trainings/1", { name: "n" })).status).toBe(201);
  expect((await demo.get("/api/v1/trainings/1")).status).toBe(200);
});

describe.skipIf(process.platform !== "linux")("connections", () => {
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  /** @param first  what each says at once */
  async function open(count: number, first = ""): Promise<void> {
    const { hostname, port } = new URL(koppla.url);
    const made = Array.from({ length: count }, () => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on("error", () => {}).resume();
      sockets.push(socket);
      return new Promise<void>((resolve) => {
        socket.on("connect", () => {
          if (first !== "") socket.write(first);
          resolve();
        });
      });
    });
    await Promise.all(made);
  }
  const closed = () => sockets.filter(({ readyState }) => readyState !== "open").length;

  test("those that say nothing are ended when there are too many, and who asks is answered", async () => {
    koppla = await startKoppla({ config: { server: { limits: { connections: 100 } } } });
    await open(300);
    await said("too many connections");
    await eventually("they are closed", async () => closed() >= 200 || undefined);
    expect((await koppla.demo.get("/api/v1/me")).status).toBe(200);
  });

  test("those that had an answer and wait are closed when there are too many", async () => {
    koppla = await startKoppla({ config: { server: { limits: { connections: 100 } } } });
    await open(150, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    await eventually("they are closed", async () => closed() >= 50 || undefined);
    expect((await koppla.demo.get("/api/v1/me")).status).toBe(200);
  });

  test("thousands that say nothing, and hundreds that say a header letter by letter, hold nobody up", async () => {
    koppla = await startKoppla();
    await open(3_000);
    await open(500, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    const dripping = setInterval(() => {
      for (const socket of sockets.slice(3_000)) socket.write("a");
    }, 100);
    const taken: number[] = [];
    for (let n = 0; n < 100; n++) {
      const began = performance.now();
      expect((await koppla.demo.put(`/api/v1/trainings/${n}`, { name: "n" })).status).toBe(201);
      taken.push(performance.now() - began);
    }
    clearInterval(dripping);
    // Of a hundred the second slowest: a test's machine may have a moment of its own.
    expect(taken.toSorted((a, b) => b - a)[1]).toBeLessThan(500);
    expect(existsSync(`/proc/${koppla.pid}`)).toBe(true);
  });
});
