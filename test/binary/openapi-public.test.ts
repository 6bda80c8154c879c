/** `/api/public/openapi.yml`: valid, the same everywhere, and true of what is answered. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { publicHouse, publicTypes, PW } from "../wire/public-house.ts";
import type { Koppla } from "./harness.ts";

interface Document {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        parameters?: { name: string }[];
        responses: Record<string, { content?: Record<string, { schema: object; example?: unknown }> }>;
      }
    >
  >;
}

const root = join(import.meta.dir, "../..");
let koppla: Koppla;
let folder: string;
let yaml: string;
let document: Document;
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koppla-openapi-public-"));
  // A type that takes the names of what the document itself has.
  const types = { ...publicTypes, errors: { object: "error", schema: { type: "object" } } };
  koppla = await publicHouse({ config: { types } });
  yaml = await (await fetch(`${koppla.url}/api/public/openapi.yml`)).text();
  document = Bun.YAML.parse(yaml) as Document;
  formats.default(ajv);
  ajv.addSchema({ ...document, $id: "document" }, "document");
});
afterAll(async () => {
  await koppla?.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Holds answers against the document. */
function judge(path: string, method: string, status: number, type = "application/json") {
  const pointer = ["paths", path, method, "responses", String(status), "content", type, "schema"]
    .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")))
    .join("/");
  return (body: unknown) => {
    const validate = ajv.compile({ $ref: `document#/${pointer}` });
    return validate(body) ? [] : validate.errors;
  };
}

describe("the document", () => {
  test("has the endpoints of every type, and says what each can be asked for", () => {
    expect(document.openapi).toBe("3.1.1");
    for (const name of ["trainings", "invoices", "errors"]) {
      expect(Object.keys(document.paths[`/api/public/${name}`] ?? {})).toEqual(["get", "post"]);
      expect(Object.keys(document.paths[`/api/public/${name}/add`] ?? {})).toEqual(["post"]);
    }
    const asked = (path: string) => document.paths[path]?.["get"]?.parameters?.map(({ name }) => name);
    expect(asked("/api/public/trainings")).toContainValues(["org", "textSearch", "filter[city]"]);
    expect(asked("/api/public/invoices")).not.toContain("textSearch");
    const kinds = (path: string) =>
      Object.keys(document.paths[path]?.["get"]?.responses["200"]?.content ?? {});
    expect(kinds("/api/public/trainings")).toContain("text/calendar");
    expect(kinds("/api/public/invoices")).not.toContain("text/calendar");
    expect(document.paths["/api/public/userAccount"]).toBeDefined();
    expect(document.paths["/api/public/userLogin"]).toBeDefined();
  });

  test("is printed by koppla openapi --public, and not sent again to who has it", async () => {
    expect((await koppla.cli("openapi", "--public", "--format", "yaml")).stdout).toBe(yaml);
    const address = `${koppla.url}/api/public/openapi.yml`;
    const first = await fetch(address);
    expect(first.headers.get("content-type")).toBe("application/yaml");
    const again = await fetch(address, { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  test("is found good by Redocly, without a warning", async () => {
    const file = join(folder, "openapi.yml");
    await Bun.write(file, yaml);
    const command = [
      join(root, "node_modules/.bin/redocly"),
      "lint",
      "--config",
      join(root, ".ci/redocly.yaml"),
    ];
    const redocly = Bun.spawn([...command, file], {
      cwd: folder,
      env: {
        ...process.env,
        REDOCLY_TELEMETRY: "off",
        REDOCLY_SUPPRESS_UPDATE_NOTICE: "true",
        NO_COLOR: "1",
      },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err] = await Promise.all([
      new Response(redocly.stdout).text(),
      new Response(redocly.stderr).text(),
    ]);
    expect({ exitCode: await redocly.exited, text: out + err }).toEqual({
      exitCode: 0,
      text: expect.stringContaining("valid"),
    });
  });

  test("names every path: each takes the methods that it says, and no other", async () => {
    for (const [path, item] of Object.entries(document.paths)) {
      for (const method of ["get", "post", "put", "delete"]) {
        for (const end of ["", "/"]) {
          if (end === "/" && path.endsWith(".yml")) continue;
          const { status } = await fetch(koppla.url + path + end, { method });
          const isThere = status !== 404 && status !== 405;
          expect({ path: path + end, method, isThere }).toEqual({
            path: path + end,
            method,
            isThere: method in item,
          });
        }
      }
    }
  });

  test("has examples that fit what it says", () => {
    let examples = 0;
    for (const [path, item] of Object.entries(document.paths))
      for (const [method, { responses }] of Object.entries(item))
        for (const [status, { content = {} }] of Object.entries(responses)) {
          const { example } = content["application/json"] ?? {};
          if (example === undefined) continue;
          examples++;
          const faults = judge(path, method, Number(status))(example);
          expect({ path, method, status, faults }).toEqual({ path, method, status, faults: [] });
        }
    expect(examples).toBeGreaterThan(20);
  });
});

describe("what is answered is as the document says", () => {
  const answer = async (path: string, init?: RequestInit) => {
    const response = await fetch(koppla.url + path, init);
    const body: unknown = JSON.parse(await response.text());
    return { status: response.status, body };
  };
  const login = `org=demo&pw=${PW}`;

  test.each([
    ["public", "?org=demo", 200],
    [
      "with a login, and all there is to say",
      `?${login}&verbose=true&modifiedSince=2020-01-01&showDeleted=1`,
      200,
    ],
    ["by words", `?${login}&textSearch=svets`, 200],
    ["with a parameter that does not fit", "?org=demo&maxRows=many", 400],
    ["with a wrong password", "?org=demo&pw=wrong", 401],
    ["of an organisation that is not there", "?org=nobody", 404],
  ])("a pull %s", async (_, query, code) => {
    const { status, body } = await answer(`/api/public/trainings/${query}`);
    expect(status).toBe(code);
    expect(judge("/api/public/trainings", "get", code)(body)).toEqual([]);
  });

  test.each([
    ["a record", { id: 900, name: "x" }, 200],
    ["one that does not fit", { id: 901, seats: "x" }, 400],
    ["no record", {}, 400],
  ])("adding %s", async (_, record, code) => {
    const { status, body } = await answer(`/api/public/trainings/add/?${login}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(record),
    });
    expect(status).toBe(code);
    const faults = judge("/api/public/trainings/add", "post", 200)(body) ?? [];
    const errorFaults = judge("/api/public/trainings/add", "post", 400)(body) ?? [];
    expect(Math.min(faults.length, errorFaults.length)).toBe(0);
  });
});
