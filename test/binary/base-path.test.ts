/** A server under a path of its host: whatever it says of itself leads there, and works. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import { freePort } from "./ports.ts";

const BASE = "/integrations/koppla";

let koppla: Koppla;
let origin: string;
beforeAll(async () => {
  const port = freePort();
  origin = `http://127.0.0.1:${port}`;
  // The demo's partner asks behind the public address, as partners do.
  koppla = await startKoppla({
    config: { server: { listen: `127.0.0.1:${port}`, public_url: origin + BASE } },
  });
  koppla.url = origin + BASE;
});
afterAll(() => koppla.dispose());

const follow = (address: string | null) => {
  expect(address).toStartWith(`${origin}${BASE}/`);
  return fetch(String(address), { headers: { authorization: `Bearer ${koppla.demo.token}` } });
};

describe("under the base path", () => {
  test("records are written and read, and Location leads to them", async () => {
    const made = await koppla.demo.post("/api/v1/trainings", { id: 1, name: "n" });
    expect(made.status).toBe(201);
    expect((await follow(made.headers.get("location"))).status).toBe(200);
    expect((await koppla.demo.get("/api/v1/trainings/1")).status).toBe(200);
    expect((await koppla.demo.get("/api/v1/nothing")).status).toBe(404);
    expect((await koppla.demo.api("/healthz", { method: "PUT" })).status).toBe(405);
    expect((await koppla.demo.api("/api/v1/trainings/1", { method: "HEAD" })).status).toBe(200);
  });

  test("the next page's link works", async () => {
    for (const id of [2, 3]) await koppla.demo.put(`/api/v1/trainings/${id}`, { name: "n" });
    const page = await koppla.demo.get("/api/v1/trainings?limit=1");
    const next = /^<([^>]+)>; rel="next"$/.exec(page.headers.get("link") ?? "")?.[1] ?? null;
    expect((await follow(next)).status).toBe(200);
  });

  test("the documentation finds its files, and the document names the address", async () => {
    const page = await fetch(`${koppla.url}/docs`);
    expect(page.status).toBe(200);
    const html = await page.text();
    const links = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link = ""]) => link);
    expect(links.length).toBeGreaterThan(4);
    for (const link of links) {
      const address = new URL(link, page.url);
      expect(address.pathname).toStartWith(`${BASE}/`);
      expect([link, (await fetch(address)).status]).toEqual([link, 200]);
    }
    const document = (await (await fetch(`${koppla.url}/openapi.json`)).json()) as {
      servers: { url: string }[];
    };
    expect(document.servers.map(({ url }) => url)).toEqual([origin + BASE]);
  });

  test("the token server is found in both places, and its addresses are under the path", async () => {
    const wellKnown = "/.well-known/oauth-authorization-server";
    const found = await fetch(`${origin}${wellKnown}${BASE}`);
    expect(found.status).toBe(200);
    const metadata = (await found.json()) as Record<string, string>;
    expect(metadata["issuer"]).toBe(origin + BASE);
    expect(await (await fetch(koppla.url + wellKnown)).json()).toEqual(metadata);
    const answer = await fetch(String(metadata["token_endpoint"]), {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: koppla.demo.clientId,
        client_secret: koppla.demo.token,
      }),
    });
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as { base_url: string }).base_url).toStartWith(origin + BASE);
  });

  test("pages for people keep their cookies and forms to the path", async () => {
    const asked = new URLSearchParams({ client_id: koppla.demo.clientId, response_type: "code" });
    const page = await fetch(`${koppla.url}/oauth/authorize?${asked}`, { redirect: "manual" });
    const html = await page.text();
    for (const [, link = ""] of html.matchAll(/(?:href|src)="([^"#]+)"/g)) {
      const address = new URL(link, `${koppla.url}/oauth/authorize`);
      expect(address.pathname).toStartWith(`${BASE}/`);
      expect([link, (await fetch(address)).status]).toEqual([link, 200]);
    }
    for (const cookie of page.headers.getSetCookie()) expect(cookie).toContain(`Path=${BASE};`);
  });

  test("the public data API, messages and dry runs are there too", async () => {
    expect((await fetch(`${koppla.url}/api/public/openapi.yml`)).status).toBe(200);
    const tried = await koppla.demo.put("/api/v1/trainings/99", { name: "n" }, { "dry-run": "true" });
    expect(tried.status).toBe(201);
    expect(tried.headers.get("dry-run")).toBe("true");
    expect((await koppla.demo.get("/api/v1/trainings/99")).status).toBe(404);
  });

  test("a proxy that takes the path away is answered, and health is at its usual place", async () => {
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
    const me = await fetch(`${origin}/api/v1/me`, {
      headers: { authorization: `Bearer ${koppla.demo.token}` },
    });
    expect(me.status).toBe(200);
    expect(await koppla.cli("health")).toMatchObject({ exitCode: 0 });
  });

  test("another path that begins alike is not found", async () => {
    expect((await fetch(`${origin}${BASE}2/healthz`)).status).toBe(404);
  });
});
