/** The HTTP edge beside the API: health, documentation, request ids. */
import { afterAll, beforeAll, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";

let koppla: Koppla;
beforeAll(async () => {
  koppla = await startKoppla();
});
afterAll(() => koppla.dispose());

test("says that it lives and that it is ready", async () => {
  expect((await fetch(`${koppla.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${koppla.url}/readyz`)).status).toBe(200);
});

test("serves Swagger UI without one address outside, and the OpenAPI document with the YAML's types", async () => {
  const page = await fetch(`${koppla.url}/docs`);
  expect(page.status).toBe(200);
  const html = await page.text();
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  const assets = [...html.matchAll(/(?:src|href)="([^"#][^"]*)"/g)].map(([, path = ""]) => path);
  expect(assets.length).toBeGreaterThan(0);
  for (const path of assets) {
    const response = await fetch(new URL(path, page.url));
    expect({ path, status: response.status }).toEqual({ path, status: 200 });
  }
  const response = await fetch(`${koppla.url}/openapi.json`);
  expect(response.status).toBe(200);
  const document: { openapi: string; paths: Record<string, unknown> } = JSON.parse(await response.text());
  expect(document.openapi).toStartWith("3.");
  expect(Object.keys(document.paths)).toContain("/api/v1/trainings");
  expect(Object.keys(document.paths).filter((path) => path.startsWith("/api/v1/cases/{")).length).toBe(1);
});

test("gives every answer an id, and keeps a proper one that the caller gave", async () => {
  const own = await koppla.demo.get("/api/v1/trainings");
  expect(own.headers.get("x-request-id")).toMatch(/^[\w-]{8,}$/);
  const given = await koppla.demo.get("/api/v1/trainings", { "x-request-id": "trace-me-1234" });
  expect(given.headers.get("x-request-id")).toBe("trace-me-1234");
});
