import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadWithOrigins } from "./load.ts";
import { maskUrl, shownYaml } from "./show.ts";

const folder = mkdtempSync(join(tmpdir(), "koppla-show-"));
afterAll(() => rmSync(folder, { recursive: true }));

const YAML = `
server: { listen: ":9000", public_url: "https://\${HOST}/" }
database: { url_file: url }
log: { level: "\${LEVEL:-warn}" }
types: { trainings: { object: training, schema: { properties: { secret: { const: shown } } } } }
webhooks: { proxy: "http://u:hunter2@proxy:3128", bundle: { quiet: 1500ms } }
channels: { open-e: { url: "http://x/?password=hunter2", password: hunter2 } }
provision:
  organisations: [{ code: a, name: b, password: hunter2 }]
  receivers: [{ organisation: a, account: b, name: c, url: "https://p.example", topics: ["*"], secret: hunter2, headers: { authorization: hunter2 } }]
`;

test("what is in effect is shown without secrets, with units, and with where it comes from", async () => {
  const file = join(folder, "koppla.yaml");
  writeFileSync(file, YAML);
  writeFileSync(join(folder, "url"), "postgres://koppla:hunter2@db/koppla\n");
  const text = shownYaml(await loadWithOrigins(file, { HOST: "a.example" }));
  expect(text).not.toContain("hunter2");
  for (const line of [
    "  listen: 0.0.0.0:9000",
    "  public_url: https://a.example # ${HOST}",
    "    request_timeout: 30s # default",
    `  url: postgres://koppla:********@db/koppla # ${join(folder, "url")}`,
    "  level: warn # ${LEVEL}",
    "          const: shown",
    "    quiet: 1500ms",
    "  proxy: http://u:********@proxy:3128/",
    '    password: "********"',
    '        authorization: "********"',
    "      retry: table # default",
  ])
    expect(text.split("\n")).toContain(line);
});

test("an address that was made from `listen` is shown too", async () => {
  const file = join(folder, "empty.yaml");
  writeFileSync(file, "server: { listen: '[::1]:81' }");
  const text = shownYaml(await loadWithOrigins(file, {}));
  expect(text).toContain(
    `  listen: "[::1]:81"\n  socket_mode: "0660" # default\n  public_url: http://[::1]:81 # from listen\n`,
  );
});

test.each([
  ["postgres://u:p@h/d", "postgres://u:********@h/d"],
  ["postgres://h/d?user=u&password=p", "postgres://h/d?user=u&password=********"],
  ["postgres://u@h/d", "postgres://u@h/d"],
  ["sqlite:./a.db", "sqlite:./a.db"],
])("%s is shown as %s", (url, shown) => {
  expect(maskUrl(url)).toBe(shown);
});
