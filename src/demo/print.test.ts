import { expect, test } from "bun:test";
import type { Change } from "../listen/contents.ts";
import type { Received } from "../listen/listener.ts";
import { describeBundle, summarise } from "./print.ts";

function change(what: string, object: string, id = 1): Change {
  return { what, object, id, url: null };
}

function bundleOf(changes: Change[], more: Partial<Received> = {}): Received {
  return {
    at: 0,
    method: "POST",
    path: "/",
    id: "msg_1",
    attempt: 1,
    verified: true,
    reason: null,
    status: 204,
    bytes: 100,
    contents: { format: "changes", changes },
    body: "",
    ...more,
  };
}

test("changes are counted by what happened and to what, the most first", () => {
  const changes = [
    change("update", "country"),
    ...Array.from({ length: 3 }, () => change("update", "university")),
    change("destroy", "university"),
  ];
  expect(summarise(changes)).toBe("3 universities and 1 country updated, 1 university removed");
});

test("a large bundle is one line", () => {
  const changes = Array.from({ length: 500 }, (_, id) => change("update", "university", id));
  const lines = describeBundle(bundleOf(changes), (_, text) => text);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toEndWith("  bundle of 500 changes: 500 universities updated  signature verified");
});

test("a small bundle is told change by change", () => {
  const lines = describeBundle(bundleOf([change("update", "country")]), (_, text) => text);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain("bundle of 1 change  ");
  expect(lines[1]?.trim()).toBe("update country 1");
});

test("a repeat and a bad signature are said", () => {
  const received = bundleOf([], { attempt: 2, verified: false, reason: "no webhook-id header" });
  const [line] = describeBundle(received, (_, text) => text);
  expect(line).toContain("repeat 1");
  expect(line).toContain("NOT verified: no webhook-id header");
});
