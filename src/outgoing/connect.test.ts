import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";

import { ConnectTimeout, reach } from "./connect.ts";

/** Listens, and never accepts: when its queue is full, connections to it come to nothing. */
const DEAF = `
  const server = require("node:net").createServer().listen(0, "127.0.0.1", () => {
    process.stdout.write(String(server.address().port));
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 10);
  });`;
/** More than fit into a queue. */
const CALLERS = 700;

let deaf: Bun.Subprocess<"ignore", "pipe", "inherit">;
let port = 0;
const callers: Socket[] = [];

beforeAll(async () => {
  deaf = Bun.spawn([process.execPath, "-e", DEAF], { stdout: "pipe", stdin: "ignore", stderr: "inherit" });
  const { value } = await deaf.stdout.getReader().read();
  port = Number(new TextDecoder().decode(value));
  await Bun.sleep(50);
  for (let i = 0; i < CALLERS; i++) {
    callers.push(connect({ port, host: "127.0.0.1" }).on("error", () => {}));
  }
});
afterAll(() => {
  for (const caller of callers) caller.destroy();
  deaf.kill("SIGKILL");
});

const never = new AbortController().signal;

test("a connection that does not come about is given up in its time", async () => {
  const target = { url: `http://127.0.0.1:${port}/`, address: "127.0.0.1" };
  const began = performance.now();
  const error = await reach(target, 200, never).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConnectTimeout);
  expect(error).toHaveProperty("message", "no connection within 0.2 s");
  expect(performance.now() - began).toBeLessThan(2_000);
});

test("a connection that is refused says so at once", async () => {
  const listening = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const target = { url: `http://127.0.0.1:${listening.port}/`, address: "127.0.0.1" };
  await reach(target, 1_000, never);
  listening.stop(true);
  expect(reach(target, 1_000, never)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("whoever gives up meanwhile is not kept", async () => {
  const controller = new AbortController();
  const waiting = reach(
    { url: `http://127.0.0.1:${port}/`, address: "127.0.0.1" },
    60_000,
    controller.signal,
  );
  controller.abort();
  expect(waiting).rejects.toThrow("aborted");
});
