import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";

import { loadConfig } from "../../config/load.ts";
import type { JsonValue } from "../../config/types.ts";
import { describeServer } from "./offline.ts";
import type { Media, OpenApiDocument, Operation, Parameter } from "./spec.ts";
import type { DocumentFormat } from "./text.ts";
import { follow, isSchema, pointerSteps } from "./walk.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koppla-openapi-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function textFor(types: Record<string, object>, format: DocumentFormat): Promise<string> {
  const file = join(folder, `${Bun.randomUUIDv7()}.yaml`);
  await Bun.write(file, JSON.stringify({ server: { public_url: "https://koppla.example" }, types }));
  return await describeServer(await loadConfig(file, {}), format);
}

const documentFor = async (types: Record<string, object>): Promise<OpenApiDocument> =>
  JSON.parse(await textFor(types, "json"));

const trainings = {
  object: "training",
  key: "integer",
  description: "Courses that can be booked.",
  filters: ["institute_id", "city", "open"],
  schema: {
    type: "object",
    additionalProperties: false,
    required: ["name", "place"],
    $defs: {
      place: {
        type: "object",
        required: ["city"],
        properties: { city: { type: "string" }, near: { $ref: "#/$defs/place" } },
      },
    },
    properties: {
      name: { type: "string", minLength: 1, maxLength: 200 },
      institute_id: { type: "integer" },
      city: { type: "string" },
      open: { type: ["boolean", "null"] },
      place: { $ref: "#/$defs/place" },
      price: { type: ["number", "null"] },
    },
  },
};
const bare = (object: string, key = "string") => ({ object, key, schema: { type: "object" } });

/** All operations, those of `webhooks` too. */
const operationsOf = ({ paths, webhooks }: OpenApiDocument): Operation[] =>
  [paths, webhooks].flatMap((items) => Object.values(items).flatMap((item) => Object.values(item)));

function operation(document: OpenApiDocument, path: string, method: string): Operation {
  const found = document.paths[path]?.[method];
  if (!found) throw new Error(`there is no ${method} ${path}`);
  return found;
}

/** Every example of the document with the place of its schema. */
function examplesOf(value: JsonValue, path: string[] = []): { at: string; value: JsonValue }[] {
  if (typeof value !== "object" || value === null) return [];
  const at = ["", ...path, "schema"]
    .map((step) => step.replaceAll("~", "~0").replaceAll("/", "~1"))
    .join("/");
  const own = isSchema(value) && "schema" in value ? (value as unknown as Media & Parameter) : undefined;
  const examples = [own?.example, ...Object.values(own?.examples ?? {}).map((example) => example.value)];
  return [
    ...examples.filter((example) => example !== undefined).map((example) => ({ at, value: example })),
    ...Object.entries(value).flatMap(([name, inside]) => examplesOf(inside, [...path, name])),
  ];
}

/** @returns what is wrong with the examples, and how many there are */
function judgeExamples(document: OpenApiDocument): { wrong: string[]; count: number } {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
  formats.default(ajv);
  ajv.addSchema(document, "document");
  const examples = examplesOf(JSON.parse(JSON.stringify(document)));
  const wrong = examples.flatMap(({ at, value }) => {
    const fragment = at.split("/").map(encodeURIComponent).join("/");
    const validate = ajv.compile({ $ref: `document#${fragment}` });
    return validate(value) ? [] : [`${at}: ${ajv.errorsText(validate.errors)}`];
  });
  return { wrong, count: examples.length };
}

function danglingReferences(document: OpenApiDocument): string[] {
  const text = JSON.stringify(document);
  const whole: JsonValue = JSON.parse(text);
  const references = [...text.matchAll(/"\$ref":"#([^"]*)"/g)].map(([, at = ""]) => at);
  return references.filter((at) => follow(whole, pointerSteps(at)) === undefined);
}

describe("the document", () => {
  let document: OpenApiDocument;
  beforeAll(async () => {
    document = await documentFor({ trainings, articles: bare("article"), cases: bare("case", "uuid") });
  });

  test("has each type's paths with named operations in place of the generic ones", () => {
    const ids = ["/api/v1/trainings", "/api/v1/trainings/{id}"].map((path) =>
      Object.values(document.paths[path] ?? {}).map(({ operationId }) => operationId),
    );
    expect(ids).toEqual([
      ["listTrainings", "createTraining"],
      ["getTraining", "replaceTraining", "patchTraining", "deleteTraining"],
    ]);
    expect(Object.keys(document.paths).filter((path) => path.includes("{type}"))).toEqual([]);
  });

  test("offers to sort and filter by the fields that the type declares, in their types", () => {
    const { parameters = [] } = operation(document, "/api/v1/trainings", "get");
    const schemas = Object.fromEntries(
      parameters.flatMap((one) => ("name" in one ? [[one.name, one.schema]] : [])),
    );
    expect(schemas["sort"]?.["enum"]).toEqual(
      ["id", "modified_at", "institute_id", "city", "open"].flatMap((field) => [field, `-${field}`]),
    );
    expect([schemas["filter[institute_id]"], schemas["filter[city]"], schemas["filter[open]"]]).toEqual([
      { type: "integer" },
      { type: "string" },
      { type: "boolean" },
    ]);
  });

  test("has a record as id, data and _meta, and a definition of the type's schema as a component", () => {
    const { Training, TrainingInput } = document.components.schemas;
    expect(Object.keys(Training?.["properties"] ?? {})).toEqual([
      ...["id", "name", "institute_id", "city", "open", "place", "price", "_meta"],
    ]);
    expect(Training?.["required"]).toEqual(["id", "name", "place", "_meta"]);
    expect(Object.keys(TrainingInput?.["properties"] ?? {})).not.toContain("_meta");
    expect(TrainingInput).toMatchObject({
      required: ["name", "place"],
      additionalProperties: false,
      properties: { place: { $ref: "#/components/schemas/TrainingPlace" } },
    });
    expect(document.components.schemas["TrainingPlace"]).toMatchObject({
      properties: { near: { $ref: "#/components/schemas/TrainingPlace" } },
    });
  });

  test("shows examples everywhere, and each fits its schema", () => {
    const { wrong, count } = judgeExamples(document);
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(60);
    const without = operationsOf(document).flatMap(({ operationId, requestBody }) =>
      Object.values(requestBody?.content ?? {}).some((media) => media.example ?? media.examples) ||
      !requestBody
        ? []
        : [operationId],
    );
    expect(without).toEqual([]);
  });

  test("has no reference that leads nowhere and no operation id twice", () => {
    expect(danglingReferences(document)).toEqual([]);
    const ids = operationsOf(document).map(({ operationId }) => operationId);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  test("says of every answer what is in it", () => {
    // RFC 7009, 2.2: nothing is said of a token that is gone. S3: a message's id is in its Location, and there alone.
    const empty = ["revokeToken 200", "createWebMessage 201"];
    const silent = operationsOf({ ...document, webhooks: {} }).flatMap(({ operationId, responses }) =>
      Object.entries(responses).flatMap(([status, answer]) => {
        const bodiless = status === "204" || status.startsWith("3");
        const isEmpty = bodiless || empty.includes(`${operationId} ${status}`);
        return isEmpty || "$ref" in answer || answer.content ? [] : [`${operationId} ${status}`];
      }),
    );
    expect(silent).toEqual([]);
  });

  test("asks for a login wherever one is needed, and says what happens without", () => {
    const open = Object.values(document.paths).flatMap((item) =>
      Object.values(item).flatMap((one) => (one.responses["401"] ? [] : [one.operationId])),
    );
    expect(open.sort()).toEqual([
      "getAuthorizationServer",
      "getDocs",
      "getHealth",
      "getOpenApiJson",
      "getOpenApiYaml",
      "getPublicOpenApi",
      "getReadiness",
      "getSetup",
      "getSigningKeys",
    ]);
    // The token server has a login of its own: the client's secret.
    const ofClients = ["getToken", "introspectToken", "revokeToken"];
    // And whoever begins a session has none yet.
    const beginning = ["createSession", "createPortalSession", "setUp"];
    for (const one of operationsOf(document)) {
      const isBeginning = beginning.includes(one.operationId);
      const none = isBeginning || open.includes(one.operationId) || one.tags[0] === "Webhooks";
      const expected = none ? 0 : ofClients.includes(one.operationId) ? 1 : undefined;
      expect([one.operationId, one.security?.length]).toEqual([one.operationId, expected]);
    }
  });

  test("is the same in YAML", async () => {
    const types = { trainings };
    expect(parse(await textFor(types, "yaml"))).toEqual(await documentFor(types));
  });
});

describe("the document stays whole", () => {
  test("without any type", async () => {
    const document = await documentFor({});
    expect(danglingReferences(document)).toEqual([]);
    expect(judgeExamples(document).wrong).toEqual([]);
  });

  test("where objects are called like its own components and operations, or much alike", async () => {
    const document = await documentFor({
      problems: bare("problem"),
      healths: bare("health"),
      course_dates: bare("course_date"),
      course_days: bare("course-date"),
      trainings: bare("training"),
      inputs: bare("training_input"),
    });
    const ids = operationsOf(document).map(({ operationId }) => operationId);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining([
        "ProblemRecord",
        "HealthRecord",
        "CourseDate",
        "CourseDateRecord",
        "TrainingInput",
      ]),
    );
    expect(document.components.schemas["Problem"]?.["description"]).toContain("RFC 9457");
    expect(judgeExamples(document).wrong).toEqual([]);
  });

  test("with schemas that are closed, split, conditional, recursive, or named by address", async () => {
    const document = await documentFor({
      closed: {
        object: "shut",
        key: "integer",
        schema: {
          $id: "https://schemas.example/shut.json",
          $ref: "base.json",
          unevaluatedProperties: false,
          $defs: {
            base: {
              $id: "base.json",
              type: "object",
              additionalProperties: false,
              required: ["who"],
              properties: { who: { $ref: "#/$defs/person" } },
              $defs: { person: { type: "string", pattern: "^[A-Z]{2}$" } },
            },
          },
        },
      },
      variants: {
        object: "variant",
        key: "uuid",
        schema: {
          oneOf: [
            { type: "object", additionalProperties: false, required: ["a"], properties: { a: { const: 1 } } },
            {
              type: "object",
              additionalProperties: false,
              required: ["b"],
              properties: { b: { enum: ["x"] } },
            },
          ],
        },
      },
      nodes: {
        object: "node",
        key: "string",
        schema: {
          type: "object",
          maxProperties: 2,
          propertyNames: { pattern: "^[a-z]{4,}$" },
          required: ["name"],
          properties: {
            name: { type: "string", example: 7 },
            children: { type: "array", items: { $ref: "#" } },
          },
        },
      },
      impossible: {
        object: "riddle",
        key: "integer",
        schema: {
          type: "object",
          required: ["answer"],
          properties: { answer: { type: "string", pattern: "^q7(x|y)z{3}$" } },
        },
      },
    });
    expect(danglingReferences(document)).toEqual([]);
    expect(judgeExamples(document).wrong).toEqual([]);
    const shown = (path: string) => operation(document, path, "put").requestBody?.content["application/json"];
    expect(shown("/api/v1/closed/{id}")?.example).toEqual({ id: 345345, who: "SE" });
    expect(shown("/api/v1/variants/{id}")?.example).toMatchObject({ a: 1 });
    expect(shown("/api/v1/nodes/{id}")?.example).toMatchObject({ name: "name" });
    // Better no example than one that is refused.
    expect(shown("/api/v1/impossible/{id}")).toEqual({
      schema: { $ref: "#/components/schemas/RiddleInput" },
    });
  });
});
