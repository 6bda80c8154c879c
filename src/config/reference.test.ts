import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { parse } from "yaml";

import { editorSchema } from "./editor-schema.ts";
import { compileJsonSchema } from "./json-schema.ts";
import { loadConfig } from "./load.ts";
import { referenceYaml } from "./reference.ts";
import { rootNode, type SchemaNode } from "./schema-node.ts";
import template from "./template.yaml" with { type: "text" };

const docs = join(import.meta.dir, "../../docs/koppla.yaml");
const folder = mkdtempSync(join(tmpdir(), "koppla-reference-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every key takes effect that is commented out. */
const live = (yaml: string) => yaml.replaceAll(/^( *)#(?=[\w-])/gm, "$1");

/** The paths of all keys; a map's and a list's members stand for themselves as `*`. */
function paths(node: SchemaNode, path = ""): string[] {
  if (node.properties !== undefined)
    return Object.entries(node.properties).flatMap(([name, child]) => [
      `${path}.${name}`,
      ...paths(child, `${path}.${name}`),
    ]);
  if (typeof node.additionalProperties === "object") return paths(node.additionalProperties, `${path}.*`);
  return node.items === undefined ? [] : paths(node.items, `${path}.*`);
}

function has(value: unknown, path: string[]): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  if (first === "*") return Object.values(value).some((member) => has(member, rest));
  return Object.entries(value).some(([name, member]) => name === first && has(member, rest));
}

/** Of the two that an action may run, the first. */
const httpRun = /^( *)http:\n(?:\1 .*\n)*/m;

test("docs/koppla.yaml is what the schema says (`koppla config reference > docs/koppla.yaml`)", () => {
  expect(readFileSync(docs, "utf8")).toBe(referenceYaml());
});

test("docs/koppla.yaml names every key", () => {
  const document: unknown = parse(live(referenceYaml()));
  const all = paths(rootNode);
  expect(all).toContain(".provision.accounts.*.token.life");
  expect(all.filter((path) => !has(document, path.slice(1).split(".")))).toEqual([]);
});

test("docs/koppla.yaml as it stands says what an empty file says, but for its sample type", async () => {
  const empty = join(folder, "empty.yaml");
  writeFileSync(empty, "");
  const here = join(folder, "docs.yaml");
  writeFileSync(here, readFileSync(docs));
  const { types, ...rest } = await loadConfig(here, {}, { thorough: true });
  const { types: _, ...defaults } = await loadConfig(empty, {});
  expect({ ...rest, file: "" }).toEqual({ ...defaults, file: "" });
  expect(Object.keys(types)).toEqual(["trainings"]);
});

test("everything that is commented out is right as it stands", async () => {
  const yaml = live(referenceYaml())
    // Of two that say the same, one; the example's parent is a type, and its grant's `where` names a filter, that the
    // example does not have.
    .replaceAll(
      /^ *(url|schema|proxy|password|passphrase|secret|api_token|totp_secret|client_secret|token|text)_file:.*\n/gm,
      "",
    )
    .replace("type: institutes", "type: trainings")
    // Its certificate is none, and below /koppla it is told of as that.
    .replace(/^ {2}tls:\n(?: {4}.*\n)+/m, "")
    .replace(/^ {2}public_url:.*$/m, "  public_url: https://koppla.example/koppla")
    .replace("filters: []", "filters: [institute_id]")
    .replace(httpRun, "")
    .replace(/^ *chore:.*\n/m, "")
    // The example's channel is an Open-E, and these are of http.
    .replace(/^ {4}secret: whsec_[^]*?^ {4}attachments: data\n/m, "");
  const file = join(folder, "live.yaml");
  writeFileSync(file, yaml);
  for (const name of ["cert.pem", "key.pem"]) writeFileSync(join(folder, name), "");
  writeFileSync(join(folder, "ca.pem"), rootCertificates[0] ?? "");
  const config = await loadConfig(file, {}, { thorough: true });
  expect(config.warnings.map(({ path }) => path)).toEqual(["actions.send-report.run.command"]);
});

test("the file that `koppla init` writes is right and warns of nothing", async () => {
  mkdirSync(join(folder, "init"));
  const file = join(folder, "init/koppla.yaml");
  writeFileSync(file, template);
  const config = await loadConfig(file, {}, { thorough: true });
  expect(config.warnings).toEqual([]);
  expect(Object.keys(config.types)).toEqual(["trainings"]);
});

test("the schema for editors takes what the loader takes, and refuses what it refuses", () => {
  const validate = compileJsonSchema(editorSchema());
  const accepts = (yaml: string) => validate(parse(yaml));
  expect(validate(parse(readFileSync(docs, "utf8"))) || validate.errors).toBe(true);
  expect(accepts(live(referenceYaml()))).toBe(false); // both http and command
  expect(accepts(live(referenceYaml()).replace(httpRun, "")) || validate.errors).toBe(true);
  expect(accepts(template)).toBe(true);
  expect(accepts("{}")).toBe(true);
  expect(accepts("server: { tls: { cert_file: , key_file: } }\nwebhooks: { proxy: }")).toBe(true);
  expect(accepts('webhooks: { concurrency: "${N}", timeout: "${T:-5s}" }')).toBe(true);
  expect(accepts("smtp: { url_file: a, from: a@b }")).toBe(true);
  expect(accepts("types: { a: { } }")).toBe(false);
  expect(accepts("webhooks: { timeout: 5 }")).toBe(false);
  expect(accepts("webhooks: { timout: 5s }")).toBe(false);
  expect(accepts("log: { level: loud }")).toBe(false);
});
