/** A socket in the file system to listen on, for a proxy on the same machine. */
import { afterEach, expect, test } from "bun:test";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";

import { type Koppla, prepareKoppla } from "./harness.ts";

const SOCKET = "run/koppla-http.sock";

let koppla: Koppla;
const others: Server[] = [];
afterEach(async () => {
  for (const server of others.splice(0)) await new Promise((resolve) => server.close(resolve));
  await koppla.dispose();
});

const prepare = async (server: Record<string, unknown> = {}) => {
  koppla = await prepareKoppla({ config: { server: { listen: `unix:${SOCKET}`, ...server } } });
};
const socket = () => join(koppla.dir, SOCKET);
const ask = (path: string, init: RequestInit = {}) =>
  fetch(`http://localhost${path}`, { ...init, unix: socket() });
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("requests over the socket are answered, and links lead to the public address", async () => {
  await prepare();
  await koppla.start();
  expect(koppla.url).toBe(`unix:${socket()}`);
  expect(modeOf(socket())).toBe("660");
  await koppla.makeDemo();
  const headers = { authorization: `Bearer ${koppla.demo.token}`, "content-type": "application/json" };
  const made = await ask("/api/v1/trainings", { method: "POST", headers, body: '{"id":1,"name":"n"}' });
  expect(made.status).toBe(201);
  expect(made.headers.get("location")).toBe("https://koppla.example/api/v1/trainings/1");
  expect((await ask("/api/v1/trainings/1", { headers })).status).toBe(200);
  expect(await koppla.cli("health")).toMatchObject({ exitCode: 0 });
  await koppla.stop();
  expect(existsSync(socket())).toBe(false);
});

test("its mode is a setting", async () => {
  await prepare({ socket_mode: "0600" });
  await koppla.start();
  expect(modeOf(socket())).toBe("600");
});

test("the proxy says whose address it is, and without its word no allowlist is passed", async () => {
  await prepare();
  await koppla.start();
  await koppla.makeDemo();
  const account = await koppla.account("demo", ["*:*"], "--allow-ip", "192.0.2.7");
  const from = (forwarded?: string) =>
    ask("/api/v1/me", {
      headers: {
        authorization: `Bearer ${account.token}`,
        ...(forwarded !== undefined && { "x-forwarded-for": forwarded }),
      },
    });
  expect((await from("192.0.2.7")).status).toBe(200);
  // What stands left of the last hop was written by whoever called.
  expect((await from("192.0.2.7, 198.51.100.1")).status).not.toBe(200);
  expect((await from()).status).not.toBe(200);
});

test("the socket of a server that was killed is taken over", async () => {
  await prepare();
  await koppla.start();
  await koppla.kill9();
  expect(existsSync(socket())).toBe(true);
  await koppla.start();
  expect((await ask("/healthz")).status).toBe(200);
});

test("a socket on which somebody listens, and a file, are left alone", async () => {
  await prepare();
  await koppla.start();
  await koppla.stop();
  const other = createServer((client) => client.on("error", () => {}).end("other"));
  others.push(other);
  await new Promise<void>((resolve) => other.listen(socket(), resolve));
  const taken = await koppla.cli("serve");
  expect(taken.exitCode).not.toBe(0);
  expect(taken.stderr).toContain(`Another program listens on ${socket()}`);
  expect(existsSync(socket())).toBe(true);
  await new Promise((resolve) => other.close(resolve));
  others.length = 0;
  writeFileSync(socket(), "a file");
  const refused = await koppla.cli("serve");
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain("is no socket");
  expect(await Bun.file(socket()).text()).toBe("a file");
});
