import { expect, test } from "bun:test";

import { encodeId } from "../records/key.ts";
import { TypeRegistry } from "../records/types.ts";
import type { Format } from "../receivers/receiver.ts";
import { seal } from "./body.ts";
import { subjectsOf, termsOf } from "./subjects.ts";

const config = {
  schema: { type: "object" },
  parent: null,
  public: [],
  filters: [],
  description: "",
} as const;
const types = new TypeRegistry({
  trainings: { ...config, name: "trainings", object: "training", key: "integer", public: [], filters: [] },
  articles: { ...config, name: "articles", object: "article", key: "string", public: [], filters: [] },
});

const uuid = "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b";
const subjects = [
  { object: "training", key: encodeId("integer", 345345) },
  { object: "training", key: encodeId("integer", -12) },
  { object: "article", key: "345" },
  { object: "article", key: 'a/"b"' },
  { object: "case", key: uuid },
  // Of a type that is no longer in the configuration, ids are keys.
  { object: "gone", key: encodeId("integer", 7) },
];

const formats: [Format, number][] = [
  ["changes", 1],
  ["event", subjects.length],
  ["cloudevents", 1],
];

test.each(formats)("the objects of a body in the format %s are those it was made of", (format, count) => {
  const changes = subjects.map((subject, index) => ({
    ...{ organisationId: 1, topic: "Trainings.Update", action: "update", sequence: index + 1, at: index },
    ...{ subject: null, actor: null },
    ...subject,
  }));
  const context = { types, publicUrl: "https://koppla.example", organisation: "demo" };
  const sealed = seal(format, changes, Date.UTC(2026, 0, 1), context);
  expect(sealed).toHaveLength(count);
  expect(sealed.flatMap(({ body }) => subjectsOf(body))).toEqual(subjects);
});

test.each(["", "{", "null", "[]", "[1]", '"x"', '{"changes":{}}', '{"specversion":"1.0"}'])(
  "a body that is none of ours (%s) has no objects",
  (body) => {
    expect(subjectsOf(body)).toEqual([]);
  },
);

test("terms are topics and objects, each once", () => {
  const twice = [...subjects.slice(0, 1), ...subjects.slice(0, 1)];
  expect(termsOf(["Trainings.Update", "Trainings.Update"], twice)).toEqual([
    "Trainings.Update",
    "training/f345345",
  ]);
});
