/** What is asked of a server that is still starting: here it waits for another process to end its write. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";

import { eventually } from "./eventually.ts";
import { onPostgres, prepareKoppla } from "./harness.ts";

test.skipIf(onPostgres)("who asks while the server starts is answered by it, not turned away", async () => {
  await using koppla = await prepareKoppla({ config: { server: { listen: "unix:run/http.sock" } } });
  await koppla.start();
  await koppla.makeDemo();
  await koppla.stop();

  const unix = join(koppla.dir, "run/http.sock");
  // A name this short is one that Elysia would not find the path behind.
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://k${path}`, { ...init, unix });
  const other = new Database(join(koppla.dir, "data/koppla.db"));
  other.run("BEGIN IMMEDIATE");
  const started = koppla.start();
  try {
    await eventually("it is up", async () => {
      const answer = await ask("/healthz").catch(() => undefined);
      return answer?.status === 200 || undefined;
    });
    const ready = await ask("/readyz");
    expect([ready.status, ready.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await ready.json()).toMatchObject({ code: "unavailable", detail: "The server is starting." });
    expect((await ask("/healthz", { method: "HEAD" })).status).toBe(200);

    const authorization = `Bearer ${koppla.demo.token}`;
    const body = '{"id":1,"name":"n"}';
    const headers = { authorization, "content-type": "application/json" };
    const pushed = ask("/api/v1/trainings", { method: "POST", headers, body });
    const unknown = ask("/api/v1/me");
    expect(await Promise.race([pushed, unknown, Bun.sleep(50)])).toBeUndefined();
    other.run("ROLLBACK");
    expect((await pushed).status).toBe(201);
    expect((await unknown).status).toBe(401);
  } finally {
    other.close();
    await started;
  }
  expect((await ask("/readyz")).status).toBe(200);
});
