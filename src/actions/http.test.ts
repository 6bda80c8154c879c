import { describe, expect, test } from "bun:test";

import type { HttpRunConfig } from "../config/types.ts";
import type { OutgoingResult } from "../outgoing/request.ts";
import { judge, requestOf } from "./http.ts";
import type { TemplateValues } from "./template.ts";

const run = (changes: Partial<HttpRunConfig> = {}): HttpRunConfig => ({
  ...{ kind: "http", method: "POST", url: "http://erp.local/report", headers: {}, body: undefined },
  ...{ authorization: null, caFile: null, success: { status: [], body: {} } },
  ...{ resultLimit: 100, retries: 0, retryWait: 0 },
  ...changes,
});
const values = (input: unknown): TemplateValues => ({
  ...{ input, operation: "op-1", organisation: "demo", submitted_by: "shell", submitted_at: "" },
});
const request = (changes: Partial<HttpRunConfig>, input: unknown = {}) =>
  requestOf(run(changes), values(input));

describe("the request", () => {
  test("has the input as its body, where nothing else is said, and the operation's id as its key", () => {
    expect(request({}, { year: 2026 })).toEqual({
      url: "http://erp.local/report",
      method: "POST",
      headers: { "user-agent": "koppla", "idempotency-key": "op-1", "content-type": "application/json" },
      body: '{"year":2026}',
    });
    expect(request({ method: "GET" }, { year: 2026 })).not.toHaveProperty("body");
  });

  test("logs in as the action says", () => {
    const login = (authorization: HttpRunConfig["authorization"]) =>
      request({ authorization }).headers["authorization"];
    expect(login({ token: "t" })).toBe("Bearer t");
    expect(login({ username: "å", password: "b" })).toBe(`Basic ${Buffer.from("å:b").toString("base64")}`);
  });

  test("keeps values within their part of the URL", () => {
    const url = (x: string, template = "http://a/b/{{input.x}}/c?d={{input.x}}") =>
      request({ url: template }, { x }).url;
    expect(url("1/2?3#4&5")).toBe("http://a/b/1%2F2%3F3%234%265/c?d=1%2F2%3F3%234%265");
    expect(url("%2e")).toContain("%252e");
    for (const x of [".", ".."]) expect(() => url(x)).toThrow("a part of a path");
    expect(() => request({ url: "http://a/{{input.x}}{{input.y}}/" }, { x: ".", y: "." })).toThrow("path");
  });

  test("has no header that a value breaks open", () => {
    const header = (x: string) => request({ headers: { "X-A": "{{input.x}}" } }, { x }).headers["x-a"];
    expect(header("7 \t~")).toBe("7 \t~");
    for (const x of ["a\r\nb: c", "a\nb", "ä", "\0"]) expect(() => header(x)).toThrow("header");
  });
});

describe("an answer", () => {
  const judged = (answer: Partial<OutgoingResult>, changes: Partial<HttpRunConfig> = {}) =>
    judge(run(changes), { status: 200, body: "", ...answer });

  test("of 2xx is success, and its JSON is kept", () => {
    expect(judged({ status: 201, body: '{"a":1}' })).toMatchObject({
      ok: true,
      message: "It was answered with 201.",
      result: { status: 201, body: { a: 1 } },
    });
    expect(judged({ body: "plain" }).result).toEqual({ status: 200, body: "plain" });
  });

  test.each([
    [{ status: 404 }, false],
    [{ status: 302 }, false],
    [{ status: 500 }, true],
    [{ status: 429 }, true],
  ])("of %j is none, worth another try: %p", (answer, again) => {
    expect(judged(answer)).toMatchObject({
      ok: false,
      again,
      message: `It was answered with ${answer.status}.`,
    });
  });

  test("that did not come says why, and is worth another try unless it may not go there", () => {
    const none = { body: "" };
    expect(judge(run(), { ...none, error: "timeout", detail: "no whole answer within 5 s" })).toMatchObject({
      ...{ ok: false, again: true, message: "There was no answer in time (no whole answer within 5 s)." },
      result: { status: null },
    });
    expect(judge(run(), { ...none, error: "blocked" }).again).toBe(false);
  });

  test("is held to the success rule of the YAML", () => {
    const success = { status: [202], body: { "report.lines.0.state": "done", count: 2 } };
    const body = { report: { lines: [{ state: "done" }] }, count: 2 };
    const ask = (status: number, value: unknown) =>
      judged({ status, body: JSON.stringify(value) }, { success, resultLimit: 1000 });
    expect(ask(202, body).ok).toBe(true);
    expect(ask(200, body).ok).toBe(false);
    expect(ask(202, { ...body, count: "2" }).message).toBe(
      'It was answered with 202, but count is "2" and not 2.',
    );
    expect(ask(202, { count: 2 }).message).toContain("report.lines.0.state is nothing");
  });

  test("is kept up to its limit, and not at all with none", () => {
    const long = "å".repeat(80);
    expect(judged({ body: long }).result).toEqual({ status: 200, body: "å".repeat(50), cut: true });
    expect(judged({ body: "abc" }, { resultLimit: 0 }).result).toEqual({ status: 200 });
  });
});
