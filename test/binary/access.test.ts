/** Who may ask: tokens that are none, expired, without a grant, or of another organisation. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { ApiInit, Partner } from "./partner.ts";
import { expectProblem, type RecordOut } from "./wire.ts";

let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  koppla = await startKoppla();
  partner = koppla.demo;
});
afterAll(() => koppla.dispose());

describe("who asks", () => {
  const as = (authorization: string | undefined, init: ApiInit = {}) =>
    fetch(`${koppla.url}/api/v1/trainings`, {
      ...init,
      headers: authorization === undefined ? {} : { authorization },
    });

  test("without, with a malformed or with an unknown token is 401 with WWW-Authenticate", async () => {
    const { token } = partner;
    for (const authorization of [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      token,
      `Basic ${btoa(`x:${token}`)}`,
      `Bearer ${token}x`,
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token} ${token}`,
      `Bearer ${token.toUpperCase()}`,
      "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
      `Bearer ${"x".repeat(4000)}`,
      "Bearer ' OR 1=1 --",
    ]) {
      const response = await as(authorization);
      expect({ authorization, challenge: response.headers.get("www-authenticate") }).toEqual({
        authorization,
        challenge: expect.stringMatching(/^Bearer/),
      });
      await expectProblem(response, 401);
    }
  });

  test("with an expired token is 401", async () => {
    const past = new Date(Date.now() - 1000).toISOString();
    const expired = await koppla.account("demo", ["*:*"], "--token-expires", past);
    await expectProblem(await expired.get("/api/v1/trainings"), 401);
    const future = new Date(Date.now() + 3_600_000).toISOString();
    const current = await koppla.account("demo", ["*:*"], "--token-expires", future);
    expect((await current.get("/api/v1/trainings")).status).toBe(200);
  });

  test("with a token that has no grant for it is 403 and changes nothing", async () => {
    const reader = await koppla.account("demo", ["trainings:read"]);
    if (partner.organisation !== "demo") partner = koppla.demo;
    expect((await reader.get("/api/v1/trainings")).status).toBe(200);
    await expectProblem(await reader.put("/api/v1/trainings/1", { name: "n" }), 403);
    await expectProblem(await reader.post("/api/v1/trainings", []), 403);
    await expectProblem(await reader.delete("/api/v1/trainings/1"), 403);
    await expectProblem(await reader.get("/api/v1/articles"), 403);
    await expectProblem(await reader.get("/api/v1/receivers"), 403);
    await expectProblem(await reader.post("/api/v1/receivers", {}), 403);
  });

  test("of another organisation finds nothing: 404, not 403", async () => {
    const other = await koppla.partner("foreign");
    await other.send("PUT", "/api/v1/trainings/77", { name: "theirs" }, 201);
    await expectProblem(await partner.get("/api/v1/trainings/77"), 404);
    await expectProblem(await partner.patch("/api/v1/trainings/77", { name: "stolen" }), 404);
    await expectProblem(await partner.delete("/api/v1/trainings/77"), 404);
    expect((await other.read<RecordOut>("/api/v1/trainings/77")).name).toBe("theirs");
  });

  test("is told what no cache between may tell another, who shows an apikey that caches do not know", async () => {
    await partner.put("/api/v1/trainings/1", { name: "n" });
    const { headers: got } = await partner.get("/api/v1/trainings/1");
    const asks: [path: string, headers?: Record<string, string>][] = [
      ["/api/v1/me"],
      ["/api/v1/trainings"],
      ["/api/v1/trainings", { accept: "application/x-ndjson" }],
      ["/api/v1/trainings", { accept: "text/csv" }],
      ["/api/v1/trainings/1"],
      ["/api/v1/trainings/1", { "if-none-match": got.get("etag") ?? "" }],
      ["/api/v1/trainings/2"],
      ["/api/v1/changes?since=0"],
      ["/api/v1/accounts"],
      ["/api/v1/audit", { accept: "text/csv" }],
    ];
    for (const [path, headers] of asks) {
      const response = await fetch(koppla.url + path, { headers: { apikey: partner.token, ...headers } });
      await response.body?.cancel();
      const { status } = response;
      expect({ path, status, cache: response.headers.get("cache-control") }).toEqual({
        path,
        status: headers?.["if-none-match"] ? 304 : path.endsWith("/2") ? 404 : 200,
        cache: expect.stringMatching(/private|no-store/),
      });
    }
  });

  test("comes before what is asked: a stranger learns nothing of types and ids", async () => {
    for (const path of ["trainings", "trainings/1", "nonesuch", "receivers/x", "deliveries/x", "changes"])
      await expectProblem(await fetch(`${koppla.url}/api/v1/${path}`), 401);
  });
});
