/** Limits of requests: told with every answer to a login, and held. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, prepareKoppla, run, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { expectProblem } from "./wire.ts";

/** No test takes so long. */
const WINDOW = "1h";

/** What the header says is left, by policy. */
function left(response: Response): Record<string, number> {
  const header = response.headers.get("ratelimit") ?? "";
  const items = [...header.matchAll(/"(\w+)";r=(\d+);t=(\d+)/g)];
  for (const [, , , seconds] of items) {
    expect(Number(seconds)).toBeGreaterThan(3_000);
    expect(Number(seconds)).toBeLessThanOrEqual(3_600);
  }
  return Object.fromEntries(items.map(([, name, remaining]) => [name, Number(remaining)]));
}

describe("limits of an account and of its organisation", () => {
  let koppla: Koppla;
  beforeAll(async () => {
    const limits = {
      account: { requests: 20, window: WINDOW },
      organisation: { requests: 30, window: WINDOW },
    };
    koppla = await startKoppla({ config: { rate_limits: limits } });
  });
  afterAll(() => koppla.dispose());

  test("stand on answers of every kind: found, made, empty, wrong, denied, streamed", async () => {
    const partner = await koppla.partner("told", ["trainings:read,write,delete"]);
    const answers: [string, () => Promise<Response>, number][] = [
      ["made", () => partner.put("/api/v1/trainings/1", { name: "x" }), 201],
      ["found", () => partner.get("/api/v1/trainings/1"), 200],
      ["streamed", () => partner.get("/api/v1/trainings", { accept: "text/csv" }), 200],
      ["not found", () => partner.get("/api/v1/trainings/2"), 404],
      ["wrong", () => partner.put("/api/v1/trainings/1", { name: 1 }), 422],
      ["denied", () => partner.get("/api/v1/receivers"), 403],
      ["empty", () => partner.delete("/api/v1/trainings/1"), 204],
    ];
    for (const [name, answer, status] of answers) {
      const response = await answer();
      expect([name, response.status]).toEqual([name, status]);
      expect([name, response.headers.get("ratelimit-policy")]).toEqual([
        name,
        '"account";q=20;w=3600, "organisation";q=30;w=3600',
      ]);
      expect([name, Object.keys(left(response))]).toEqual([name, ["account", "organisation"]]);
      await response.text();
    }
    expect(left(await partner.get("/api/v1/me"))).toEqual({ account: 12, organisation: 22 });
  });

  test("say nothing where nobody is logged in", async () => {
    for (const path of ["/healthz", "/api/v1/me", "/openapi.json"]) {
      const response = await fetch(koppla.url + path);
      expect([path, response.headers.has("ratelimit"), response.headers.has("ratelimit-policy")]).toEqual([
        path,
        false,
        false,
      ]);
    }
  });

  test("hold: beyond them it is 429 with Retry-After, and nothing was done", async () => {
    const partner = await koppla.partner("held", ["trainings:read,write"]);
    const others = await koppla.account("held", ["trainings:read"]);
    const me = (who: Partner) => who.get("/api/v1/me");
    const first = await Promise.all(Array.from({ length: 20 }, () => me(partner)));
    expect(first.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(first.map((answer) => left(answer)["account"] ?? -1).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i),
    );
    const refused = await partner.put("/api/v1/trainings/1", { name: "x" });
    expect(left(refused)).toEqual({ account: 0, organisation: 10 });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(3_000);
    expect((await expectProblem(refused, 429)).detail).toContain("this account");
    await expectProblem(await others.get("/api/v1/trainings/1"), 404);
    for (let i = 9; i > 0; i--)
      expect(left(await me(others))).toEqual({ account: i + 9, organisation: i - 1 });
    expect((await expectProblem(await me(others), 429)).detail).toContain("this organisation");
    // Another organisation is another matter.
    expect((await me(await koppla.partner("elsewhere"))).status).toBe(200);
  });
});

test("requests for tokens count as the account's others do", async () => {
  await using koppla = await startKoppla({
    config: { rate_limits: { account: { requests: 3, window: WINDOW } } },
  });
  const { clientId, token } = await koppla.partner("tokens");
  const headers = { authorization: `Basic ${btoa(`${clientId}:${token}`)}` };
  const ask = () => {
    const body = new URLSearchParams({ grant_type: "client_credentials" });
    return fetch(`${koppla.url}/oauth/token`, { method: "POST", headers, body });
  };
  for (const remaining of [2, 1, 0]) expect(left(await ask())).toEqual({ account: remaining });
  const refused = await ask();
  expect([refused.status, JSON.parse(await refused.text()).error]).toEqual([429, "temporarily_unavailable"]);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(3_000);
});

test("without limits no answer speaks of any", async () => {
  await using koppla = await startKoppla();
  const response = await koppla.demo.get("/api/v1/me");
  expect([
    response.status,
    response.headers.has("ratelimit"),
    response.headers.has("ratelimit-policy"),
  ]).toEqual([200, false, false]);
});

test("a window that no header could tell is refused by the configuration", async () => {
  await using koppla = await prepareKoppla({
    config: {
      rate_limits: { account: { requests: 1, window: "500ms" }, organisation: { requests: 1, window: "2h" } },
    },
  });
  const { exitCode, stderr } = await run(["check", "-c", koppla.configFile]);
  expect(exitCode).toBe(78);
  for (const name of ["account", "organisation"])
    expect(stderr).toContain(`rate_limits.${name}.window: found another length, expected from 1s to 1h`);
});
