import { expect, test } from "bun:test";
import type { University } from "./dataset.ts";
import { planEdits } from "./edits.ts";

function universities(count: number): University[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    name: `University ${index + 1}`,
    country: "SE",
    domains: ["example.org"],
    web_page: `http://www${index + 1}.example.org/`,
  }));
}

/** A generator with a seed (mulberry32). */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("a university is removed in the third round and comes back in the fourth", () => {
  const next = planEdits(universities(10), seeded(1));
  const rounds = [next(), next(), next(), next()];
  expect(rounds.map((edits) => edits.map((edit) => edit.method))).toEqual([
    ["PATCH", "PATCH"],
    ["PATCH", "PATCH"],
    ["PATCH", "PATCH", "DELETE"],
    ["POST", "PATCH", "PATCH"],
  ]);
  expect(rounds[2]?.[2]?.path).toBe(`universities/${rounds[3]?.[0]?.body?.id}`);
});

test("every edit changes something that is there, through 1000 rounds", () => {
  const next = planEdits(universities(5), seeded(2));
  const server = new Map(universities(5).map((university) => [`universities/${university.id}`, university]));
  for (let round = 0; round < 1000; round++) {
    for (const { method, path, body } of next()) {
      const record = server.get(path);
      if (method === "POST") {
        const created = universities(5).find((university) => university.id === body?.id);
        if (!created) throw new Error("a university that never was");
        expect(server.has(`universities/${created.id}`)).toBeFalse();
        server.set(`universities/${created.id}`, { ...created, ...body });
      } else {
        if (!record) throw new Error(`${method} of ${path}, which is not there`);
        if (method === "DELETE") server.delete(path);
        else {
          expect(body?.web_page).not.toBe(record.web_page);
          server.set(path, { ...record, ...body });
        }
      }
    }
  }
  expect(server.size).toBeGreaterThanOrEqual(4);
});

test("the caller's universities are left as they are", () => {
  const given = universities(3);
  const next = planEdits(given, seeded(3));
  for (let round = 0; round < 10; round++) next();
  expect(given).toEqual(universities(3));
});

test("without universities there is nothing to edit", () => {
  const next = planEdits([], seeded(4));
  expect([next(), next(), next(), next()]).toEqual([[], [], [], []]);
});
