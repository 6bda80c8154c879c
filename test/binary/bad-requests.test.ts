/** Bad addresses, queries, methods and management input: a clear problem+json, nothing stored. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { rawRequest } from "./raw.ts";
import { checkProblem, expectNothingStored, expectProblem, type Page, type RecordOut } from "./wire.ts";

let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  koppla = await startKoppla();
  partner = koppla.demo;
});
afterAll(() => koppla.dispose());

// Whatever a test sent, nothing of it may be stored or announced.
afterEach(() => expectNothingStored(partner));

describe("an address that is wrong", () => {
  test("with an unknown type is 404, whatever the verb", async () => {
    await expectProblem(await partner.get("/api/v1/nonesuch"), 404);
    await expectProblem(await partner.get("/api/v1/nonesuch/1"), 404);
    await expectProblem(await partner.put("/api/v1/nonesuch/1", {}), 404);
    await expectProblem(await partner.post("/api/v1/nonesuch", []), 404);
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"])
      await expectProblem(await partner.get(`/api/v1/${name}`), 404);
  });

  test("that is no path of the server is 404", async () => {
    for (const path of ["/nothing", "/api", "/api/v1", "/api/v2/trainings", "/api/v1/trainings/1/2", "/%00"])
      await expectProblem(await partner.get(path), [400, 404]);
  });

  test("with an id that does not fit the key is refused", async () => {
    for (const id of ["abc", "1.5", "1e3", "0x10", "007", "+1", "9007199254740993", "99999999999999999999"])
      await expectProblem(await partner.put(`/api/v1/trainings/${id}`, { name: "n" }), [404, 422]);
    for (const id of ["1", "not-a-uuid", "00000000-0000-0000-0000-00000000000g"])
      await expectProblem(await partner.put(`/api/v1/cases/${id}`, { title: "t" }), [404, 422]);
    await expectProblem(
      await partner.put(`/api/v1/articles/${"x".repeat(5000)}`, { title: "t" }),
      [404, 414, 422],
    );
  });

  test("with broken percent-encoding is refused", async () => {
    const answer = await rawRequest(
      koppla.url,
      `GET /api/v1/articles/%E0%A4%A HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${partner.token}\r\n\r\n`,
    );
    expect([400, 404, 422]).toContain(answer.status);
    checkProblem(answer.status, answer.headers["content-type"] ?? null, answer.body);
  });
});

describe("a query parameter", () => {
  const bad = [
    "filter[nonesuch]=1",
    "filter[name]=not-declared",
    "filter=x",
    "filter[institute_id]=abc",
    "sort=nonesuch",
    "limit=0",
    "limit=501",
    "limit=-1",
    "limit=abc",
    "limit=1.5",
    "limit=",
    "limit=10&limit=20",
    "cursor=garbage",
    "cursor=%F0%9F%92%A5",
    "modified_since=yesterday",
    "modified_since=2026-13-01T00:00:00Z",
    "modified_since=2026-02-30T00:00:00Z",
    "nonesuch=1",
  ];
  test.each(bad)("%s on a list is refused", async (query) => {
    await expectProblem(await partner.get(`/api/v1/trainings?${query}`), [400, 422]);
  });

  test.each([
    "since=garbage",
    "wait=abc",
    "wait=-1",
    "wait=100000",
    "topics=",
    "topics=not a topic",
    "limit=501",
  ])("%s on the feed is refused", async (query) => {
    await expectProblem(await partner.get(`/api/v1/changes?${query}`), [400, 422]);
  });

  test("cursor of another list is refused", async () => {
    const other = await koppla.partner("cursors");
    await other.send("POST", "/api/v1/articles", [{ id: "a" }, { id: "b" }], 200);
    await other.send(
      "POST",
      "/api/v1/trainings",
      [1, 2].map((id) => ({ id, name: "n" })),
      200,
    );
    const cursor = async (path: string) =>
      encodeURIComponent((await other.read<Page<RecordOut>>(path)).next_cursor ?? "");
    const ofArticles = await cursor("/api/v1/articles?limit=1");
    const ofTrainings = await cursor("/api/v1/trainings?limit=1");
    const sorted = await cursor("/api/v1/trainings?limit=1&sort=city");
    const get = (path: string) => other.get(`/api/v1/${path}`);
    expect((await get(`trainings?cursor=${ofTrainings}`)).status).toBe(200);
    await expectProblem(await get(`trainings?cursor=${ofArticles}`), [400, 422]);
    await expectProblem(await get(`articles?cursor=${ofTrainings}`), [400, 422]);
    await expectProblem(await get(`trainings?cursor=${ofTrainings}&sort=city`), [400, 422]);
    await expectProblem(await get(`trainings?cursor=${sorted}`), [400, 422]);
    await expectProblem(await get(`deliveries?cursor=${ofTrainings}`), [400, 422]);
    await expectProblem(await get(`changes?since=${ofTrainings}`), [400, 422]);
  });
});

describe("a management resource", () => {
  const good = () => ({
    name: "r",
    url: "http://127.0.0.1:9/hook",
    topics: ["*"],
    account_id: partner.clientId,
  });
  const bad: [string, Record<string, unknown>, string][] = [
    ["an unknown member", { nonesuch: 1 }, "nonesuch"],
    ["an unknown member deep inside", { bundle: { quiet: "5s", nonesuch: 1 } }, "nonesuch"],
    ["a URL that is none", { url: "not a url" }, "url"],
    ["a URL of another scheme", { url: "ftp://127.0.0.1/x" }, "url"],
    ["a file URL", { url: "file:///etc/passwd" }, "url"],
    ["no topic", { topics: [] }, "topics"],
    ["a topic that is none", { topics: ["Nonesuch.Update"] }, "topics"],
    ["an account that is not there", { account_id: "nonesuch" }, "account_id"],
    ["an unknown format", { format: "xml" }, "format"],
    ["an unknown retry schedule", { retry: "nonesuch" }, "retry"],
    ["a retry schedule without steps", { retry: { steps: [], then: "fail" } }, "retry"],
    ["a duration without unit", { bundle: { quiet: "5" } }, "bundle"],
    ["a bundle of size 0", { bundle: { size: 0 } }, "bundle"],
    ["a header that would break the request", { headers: { "x-a": "b\r\nx-evil: 1" } }, "headers"],
    ["a header that is ours", { headers: { "webhook-signature": "v1,forged" } }, "headers"],
    ["an empty name", { name: "" }, "name"],
    ["a name that is a number", { name: 7 }, "name"],
    ["an id of the caller's choice", { id: "mine" }, "id"],
  ];
  test.each(bad)("with %s is 422 and names it", async (_, change, field) => {
    const response = await partner.post("/api/v1/receivers", { ...good(), ...change });
    const problem = await expectProblem(response, 422);
    expect(JSON.stringify(problem.violations)).toContain(field);
  });

  test("without a member that it needs is 422", async () => {
    for (const name of ["name", "url", "topics"]) {
      const { [name]: _, ...rest }: Record<string, unknown> = good();
      const problem = await expectProblem(await partner.post("/api/v1/receivers", rest), 422);
      expect(JSON.stringify(problem.violations)).toContain(name);
    }
  });
});

describe("a method that the path does not know", () => {
  const cases: [string, string, string[]][] = [
    ["DELETE", "/api/v1/trainings", ["GET", "POST"]],
    ["POST", "/api/v1/trainings/1", ["GET", "PUT", "PATCH", "DELETE"]],
    ["PUT", "/api/v1/changes", ["GET"]],
    ["DELETE", "/api/v1/deliveries", ["GET"]],
    ["GET", "/api/v1/receivers/x/enable", ["POST"]],
    ["POST", "/healthz", ["GET"]],
  ];
  test.each(cases)("%s %s is 405 with Allow", async (method, path, allowed) => {
    const response = await partner.api(path, { method });
    const allow = (response.headers.get("allow") ?? "").split(/, */);
    await expectProblem(response, 405);
    for (const name of allowed) expect(allow).toContain(name);
    expect(allow).not.toContain(method);
  });
});

test("every answer names its request, and an error refers to it", async () => {
  const response = await partner.get("/api/v1/nonesuch");
  const id = response.headers.get("x-request-id") ?? "";
  expect(id).not.toBe("");
  const problem = await expectProblem(response, 404);
  expect(problem.instance).toContain(id);
});

test("the log has no token", () => {
  expect(koppla.log.lines.length).toBeGreaterThan(0);
  expect(koppla.log.text()).not.toContain(koppla.demo.token);
});
