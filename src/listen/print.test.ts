import { describe as group, expect, test } from "bun:test";
import { readContents } from "./contents.ts";
import type { Received } from "./listener.ts";
import { describe, describeTotals, toJsonLine, type Paint } from "./print.ts";

const plain: Paint = (_, text) => text;
const tagged: Paint = (style, text) => `<${style}>${text}</>`;

const bundle =
  '{"changes":[{"action":"update","object":"training","id":7,"url":"http://h/api/v1/trainings/7"},' +
  '{"action":"destroy","object":"training","id":8}]}';

function receivedWith(changed: Partial<Received> = {}): Received {
  const body = changed.body ?? bundle;
  return {
    at: Date.UTC(2026, 10, 21, 19, 5, 0, 42),
    method: "POST",
    path: "/hooks",
    id: "msg_1",
    attempt: 1,
    verified: true,
    reason: null,
    status: 204,
    bytes: Buffer.byteLength(body),
    contents: readContents(body),
    body,
    ...changed,
  };
}

group("for people", () => {
  test("a request is a line, and each change is one below it", () => {
    const [head, ...changes] = describe(receivedWith(), plain);
    expect(head).toMatch(
      /^\d\d:\d\d:00\.042 {2}msg_1 {2}verified {2}answered 204 {2}2 changes, \d+ bytes, POST \/hooks$/,
    );
    expect(changes).toEqual(["    update training 7 http://h/api/v1/trainings/7", "    destroy training 8"]);
  });

  test("a request whose id was seen before says which repeat it is", () => {
    expect(describe(receivedWith({ attempt: 3 }), plain)[0]).toContain("  repeat 2  ");
    expect(describe(receivedWith({ attempt: 1 }), plain)[0]).not.toContain("repeat");
  });

  test("a bad signature stands there in red with its reason", () => {
    const received = receivedWith({ verified: false, reason: "no webhook-id header", status: 401, id: null });
    const [head] = describe(received, tagged);
    expect(head).toContain("<red>NOT verified: no webhook-id header</>");
    expect(head).toContain("<red>answered 401</>");
    expect(head).toContain("(no webhook-id)");
  });

  test("a request that was not checked does not pass for verified", () => {
    expect(describe(receivedWith({ verified: null }), plain)[0]).toContain("not checked");
  });

  test("control characters from outside do not reach the terminal", () => {
    const body = '{"changes":[{"action":"\\u001b[2J","object":"\\u202etraining","id":"\\u0007"}]}';
    const lines = describe(receivedWith({ id: "\u001b[31m", path: "/\u009b", body }), plain);
    expect(lines.join("")).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });

  test("a body of another kind is shown by its beginning", () => {
    const [, excerpt] = describe(receivedWith({ body: "x".repeat(300) }), plain);
    expect(excerpt).toBe(`    ${"x".repeat(200)}...`);
  });
});

group("for machines", () => {
  test("a request is one line of JSON with its body", () => {
    const line = toJsonLine(receivedWith({ attempt: 2 }));
    expect(line).not.toContain("\n");
    expect(JSON.parse(line)).toEqual({
      at: "2026-11-21T19:05:00.042Z",
      method: "POST",
      path: "/hooks",
      id: "msg_1",
      attempt: 2,
      verified: true,
      reason: null,
      status: 204,
      bytes: bundle.length,
      format: "changes",
      body: JSON.parse(bundle),
    });
  });

  test("a body that is no JSON stays text", () => {
    expect(JSON.parse(toJsonLine(receivedWith({ body: "a=1" }))).body).toBe("a=1");
  });
});

test("the summary has the four figures", () => {
  expect(describeTotals({ received: 5, unique: 3, repeats: 2, unverified: 1 })).toBe(
    "received 5, unique 3, repeats 2, unverified 1",
  );
});
