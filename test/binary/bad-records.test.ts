/** Bad bodies of every kind: a clear problem+json, nothing stored, nothing of the inside shown. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { expectNothingStored, expectProblem, type RecordOut } from "./wire.ts";

let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  koppla = await startKoppla();
  partner = koppla.demo;
});
afterAll(() => koppla.dispose());

// Whatever a test sent, nothing of it may be stored or announced.
afterEach(() => expectNothingStored(partner));

const raw = (
  method: string,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) => partner.api(path, { method, body, headers: { "content-type": "application/json", ...headers } });

describe("a body that cannot be read", () => {
  const cases: [string, string | Uint8Array<ArrayBuffer>][] = [
    ["that is not JSON", "name=Welding"],
    ["that is JSON cut off", '{"name":"Weld'],
    ["with a trailing comma", '{"name":"Welding",}'],
    ["with something after its end", '{"name":"Welding"} {}'],
    ["with NaN", '{"name":"Welding","price":NaN}'],
    ["that is empty", ""],
    ["that is not UTF-8", new Uint8Array([0x7b, 0x22, 0x6e, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
    ["with an overlong UTF-8 sequence", new Uint8Array([0x22, 0xc0, 0xaf, 0x22])],
  ];
  test.each(cases)("%s is 400", async (_, body) => {
    await expectProblem(await raw("PUT", "/api/v1/articles/1", body), 400);
    await expectProblem(await raw("POST", "/api/v1/articles", body), 400);
  });

  test("of a type that is not JSON is 415", async () => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "image/png",
    ]) {
      const response = await raw("PUT", "/api/v1/articles/1", '{"title":"x"}', { "content-type": type });
      await expectProblem(response, 415);
    }
  });

  test("in another charset than UTF-8 is refused", async () => {
    const response = await raw("PUT", "/api/v1/articles/1", Buffer.from('{"title":"\xe5"}', "latin1"), {
      "content-type": "application/json; charset=iso-8859-1",
    });
    await expectProblem(response, [400, 415]);
  });
});

describe("a record", () => {
  const cases: [string, string, string][] = [
    ["with a wrong type by the schema", "trainings", '{"name":17}'],
    ["without a member that the schema requires", "trainings", '{"city":"Gent"}'],
    ["too long by the schema", "trainings", JSON.stringify({ name: "x".repeat(201) })],
    ["that is a number", "articles", "17"],
    ["that is a string", "articles", '"x"'],
    ["that is null", "articles", "null"],
    ["that is true", "articles", "true"],
    ["with a lone surrogate", "articles", '{"title":"\\ud800"}'],
    ["with a lone surrogate in a name", "articles", '{"\\udc00x":1}'],
    ["with U+0000", "articles", '{"title":"a\\u0000b"}'],
    ["deeper than 64 levels", "articles", `{"title":${"[".repeat(70)}${"]".repeat(70)}}`],
    ["of 200 000 levels", "articles", `{"title":${"[".repeat(200_000)}${"]".repeat(200_000)}}`],
    ["with a number that JSON cannot give back", "articles", '{"n":1e999}'],
    ["whose id differs from the path's", "articles", '{"id":"2","title":"x"}'],
  ];
  test.each(cases)("%s is 422 and says where", async (name, type, body) => {
    // U+0000 and 1e999 may be kept faithfully instead of being refused; what is kept must come back the same.
    const response = await raw("PUT", `/api/v1/${type}/1`, body);
    if (response.status === 201 && name === "with U+0000") {
      expect(await partner.read<RecordOut>(`/api/v1/${type}/1`)).toMatchObject(JSON.parse(body));
      // Undo it, the changes it made included: the check after each test wants an empty organisation.
      partner = await koppla.partner(`demo-${crypto.randomUUID().slice(0, 8)}`);
      return;
    }
    // So deep that no parser takes it: then it is no JSON to us.
    await expectProblem(response, name === "of 200 000 levels" ? [400, 422] : 422);
  });

  test("in a list push is held to the same rules", async () => {
    for (const [, type, body] of cases.slice(0, 3))
      await expectProblem(await raw("POST", `/api/v1/${type}`, `[${body.replace("{", '{"id":1,')}]`), 422);
    const surrogate = await raw("POST", "/api/v1/articles", '[{"id":"1","title":"\\ud800"}]');
    const problem = await expectProblem(surrogate, 422);
    expect(problem.violations?.[0]?.field).toStartWith("[0]");
  });

  test("with a __proto__ member is refused and pollutes nothing", async () => {
    for (const body of ['{"__proto__":{"polluted":true}}', '{"a":[{"__proto__":null}]}'])
      await expectProblem(await raw("PUT", "/api/v1/articles/proto", body), 422);
    const patch = await raw("PATCH", "/api/v1/articles/proto", '{"__proto__":{"polluted":true}}');
    await expectProblem(patch, [404, 422]);
    const other = await partner.get("/api/v1/articles/none");
    expect(await other.text()).not.toContain("polluted");
  });
});

describe("a list push", () => {
  test("of 10 001 records is refused as a whole", async () => {
    const list = Array.from({ length: 10_001 }, (_, id) => ({ id, name: "n" }));
    await expectProblem(await partner.post("/api/v1/trainings", list), [413, 422]);
  });

  test("with one id twice is 422 and names the second place", async () => {
    const response = await partner.post("/api/v1/trainings", [
      { id: 1, name: "a" },
      { id: 2, name: "b" },
      { id: 1, name: "c" },
    ]);
    const problem = await expectProblem(response, 422);
    expect(problem.violations?.map(({ field }) => field)).toEqual(["[2].id"]);
  });

  test("with an unknown on_error is refused", async () => {
    await expectProblem(await partner.post("/api/v1/trainings?on_error=maybe", []), [400, 422]);
  });
});
