/**
 * Writes `src/api.ts`, from the document of the executable: `bun sdk/typescript/generate.ts [dist/koppla]`. With no
 * types of records: what all servers have.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { generate } from "./src/generate.ts";

/** A type has to be there, or what the types share is not; it is taken out again. */
const CONFIG = JSON.stringify({ types: { things: { object: "thing", key: "string" } } });

/** The document without the one type. */
function withoutThings(document: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(document, (_, value: unknown) => {
    if (Array.isArray(value)) return value.filter((one) => !/^(?:thing$|Things\.)/.test(String(one)));
    if (typeof value === "string") return value.replaceAll(/\bThings\.\w+, /g, "");
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value);
    return Object.fromEntries(members.filter(([name]) => !/^Thing|^\/api\/v1\/things\b/.test(name)));
  });
  return JSON.parse(text);
}

const root = resolve(import.meta.dir, "../..");
const binary = resolve(process.argv[2] ?? join(root, "dist/koppla"));
const file = resolve(process.argv[3] ?? join(import.meta.dir, "src/api.ts"));
const folder = mkdtempSync(join(tmpdir(), "koppla-types-"));
try {
  const config = join(folder, "koppla.yaml");
  writeFileSync(config, CONFIG);
  const { stdout, stderr, success } = Bun.spawnSync([binary, "openapi", "-c", config], { cwd: folder });
  if (!success) throw new Error(stderr.toString());
  writeFileSync(file, generate(withoutThings(JSON.parse(stdout.toString()))));
  const formatted = Bun.spawnSync([join(root, "node_modules/.bin/bun"), "fmt", file], { cwd: root });
  if (!formatted.success) throw new Error(formatted.stderr.toString());
} finally {
  rmSync(folder, { recursive: true });
}
