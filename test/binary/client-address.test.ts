/** From where a request comes, as the log and the allowed networks of an account see it, with and without a proxy. */
import { describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { rawRequest } from "./raw.ts";

/** GETs `path` with these headers, each on a line of its own. */
async function get(koppla: Koppla, partner: Partner, path: string, ...headers: string[]): Promise<number> {
  const lines = [`GET ${path} HTTP/1.1`, "host: x", `authorization: Bearer ${partner.token}`, ...headers];
  return (await rawRequest(koppla.url, `${lines.join("\r\n")}\r\n\r\n`)).status;
}

/** The address that the audit log has of a denied request. */
async function addressOf(koppla: Koppla, denied: Partner, ...headers: string[]): Promise<string | null> {
  expect(await get(koppla, denied, "/api/v1/receivers", ...headers)).toBe(403);
  const query = `/api/v1/audit?limit=1&subject=account:${denied.clientId}&outcome=denied`;
  const { items } = await koppla.demo.read<{ items: { address: string | null }[] }>(query);
  return items[0]?.address ?? null;
}

describe("without a trusted proxy", () => {
  test("nothing that a caller writes changes where he comes from", async () => {
    await using koppla = await startKoppla();
    const denied = await koppla.account("demo", ["trainings:read"]);
    for (const header of ["x-forwarded-for", "X-Real-IP", "Forwarded", "cf-connecting-ip", "true-client-ip"])
      expect([header, await addressOf(koppla, denied, `${header}: 203.0.113.9`)]).toEqual([
        header,
        "127.0.0.1",
      ]);
    const allowed = await koppla.account("demo", ["trainings:read"], "--allow-ip", "203.0.113.9");
    expect(await get(koppla, allowed, "/api/v1/trainings", "x-forwarded-for: 203.0.113.9")).toBe(401);
    const here = await koppla.account("demo", ["trainings:read"], "--allow-ip", "127.0.0.0/8");
    expect(await get(koppla, here, "/api/v1/trainings", "x-forwarded-for: 203.0.113.9")).toBe(200);
  });
});

describe("behind a trusted proxy", () => {
  test("it is the last hop that the proxy saw, whatever stands before it", async () => {
    await using koppla = await startKoppla({
      config: { server: { trusted_proxies: ["127.0.0.1", "10.0.0.0/8"] } },
    });
    const denied = await koppla.account("demo", ["trainings:read"]);
    const at = (...headers: string[]) => addressOf(koppla, denied, ...headers);
    expect(await at("x-forwarded-for: 203.0.113.9")).toBe("203.0.113.9");
    expect(await at("x-forwarded-for: 198.51.100.1, 203.0.113.9")).toBe("203.0.113.9");
    expect(await at("x-forwarded-for: 198.51.100.1", "x-forwarded-for: 203.0.113.9, 10.1.1.1")).toBe(
      "203.0.113.9",
    );
    expect(await at("x-forwarded-for: 203.0.113.9, <script>")).toBe("127.0.0.1");
    const allowed = await koppla.account("demo", ["trainings:read"], "--allow-ip", "203.0.113.9");
    const status = (value: string) => get(koppla, allowed, "/api/v1/trainings", `x-forwarded-for: ${value}`);
    expect(await status("203.0.113.9")).toBe(200);
    expect(await status("203.0.113.9, 198.51.100.1")).toBe(401);
    expect(await status("203.0.113.9, 198.51.100.1, 10.0.0.1")).toBe(401);
    expect(await status("198.51.100.1, ::ffff:203.0.113.9")).toBe(200);
    expect(await status("")).toBe(401);
  });
});
