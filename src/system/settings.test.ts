import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadConfig } from "../config/load.ts";
import { settingsOf } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "koppla-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

const YAML = `server:
  listen: 127.0.0.1:9000
  public_url: "https://\${HOST}/"
types:
  trainings: { object: training, schema: { properties: { name: { type: string } } } }
webhooks: { bundle: { quiet: 1500ms }, allow_targets: [10.0.0.0/8, erp.local] }
channels: { open-e: { url: "http://x", username: u, password_file: ./secret } }
provision:
  organisations: [{ code: a, name: b, password: hunter2 }]
`;

async function settings() {
  const file = join(folder, "koppla.yaml");
  writeFileSync(file, YAML);
  writeFileSync(join(folder, "secret"), "hunter2\n");
  return { file, items: settingsOf(await loadConfig(file, { HOST: "a.example" })) };
}

test("each setting says what it is, where it comes from and what it means, and no secret is in it", async () => {
  const { file, items } = await settings();
  const of = (path: string) => items.find((item) => item.path === path);
  expect(JSON.stringify(items)).not.toContain("hunter2");
  expect(of("server.listen")).toMatchObject({
    value: "127.0.0.1:9000",
    source: { kind: "file", at: `${file}:2:11` },
  });
  expect(of("server.public_url")).toMatchObject({
    value: "https://a.example",
    source: { kind: "environment", at: `${file}:3:15`, variable: "HOST" },
  });
  expect(of("webhooks.bundle.quiet")).toMatchObject({ value: "1500ms", source: { kind: "file" } });
  expect(of("webhooks.bundle.size")).toMatchObject({ value: 500, source: { kind: "default" } });
  const restarts = ["server.listen", "types.trainings.key", "channels.open-e.url", "audit.retention"];
  const reloads = ["webhooks.bundle.size", "types.trainings.schema", "provision.organisations[0].name"];
  expect([...restarts, ...reloads].filter((path) => of(path)?.restart)).toEqual(restarts);
  expect(of("webhooks.allow_targets")).toMatchObject({ value: ["10.0.0.0/8", "erp.local"] });
  expect(of("types.trainings.schema")).toMatchObject({ value: { properties: { name: { type: "string" } } } });
  expect(of("channels.open-e.password")).toMatchObject({
    value: "********",
    source: { kind: "secret_file", at: `${file}:7:${(YAML.split("\n")[6] ?? "").indexOf("./secret") + 1}` },
  });
  expect(of("provision.organisations[0].password")).toMatchObject({ value: "********" });
  for (const item of items) expect([item.path, item.description]).not.toEqual([item.path, ""]);
});

test("each setting is there once", async () => {
  const paths = (await settings()).items.map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
});
