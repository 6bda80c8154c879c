import { expect, test } from "bun:test";

import { pathOf, withoutBase } from "./base-path.ts";

const inner = (path: string, base: string) =>
  withoutBase(new Request(`http://localhost${path}`), base).url.slice("http://localhost".length);

test("the base path is taken off, and what follows it stays as it is", () => {
  expect(inner("/koppla/api/v1/me?a=/koppla/b", "/koppla")).toBe("/api/v1/me?a=/koppla/b");
  expect(inner("/koppla/a%2Fb", "/koppla")).toBe("/a%2Fb");
  expect(inner("/koppla", "/koppla")).toBe("/");
  expect(inner("/koppla/", "/koppla")).toBe("/");
  expect(inner("/koppla?x=1", "/koppla")).toBe("/?x=1");
  expect(inner("/a/b/healthz", "/a/b")).toBe("/healthz");
});

test("another path that begins alike is not under it", () => {
  expect(inner("/koppla2/api", "/koppla")).toBe("/koppla2/api");
  expect(inner("/healthz", "/koppla")).toBe("/healthz");
});

test("what is known of the issuer stands in front of its path, and behind it", () => {
  const asked = "/.well-known/oauth-authorization-server";
  expect(inner(`${asked}/koppla`, "/koppla")).toBe(asked);
  expect(inner(`${asked}/koppla?a=1`, "/koppla")).toBe(`${asked}?a=1`);
  expect(inner(`/koppla${asked}`, "/koppla")).toBe(asked);
  expect(inner(`${asked}/other`, "/koppla")).toBe(`${asked}/other`);
});

test("without a base path nothing changes", () => {
  expect(inner("/koppla/api", "")).toBe("/koppla/api");
});

test("the request stays the one that it was: its method, headers and body", async () => {
  const request = new Request("http://localhost/koppla/x", {
    method: "PUT",
    headers: { "x-a": "1" },
    body: "text",
  });
  const same = withoutBase(request, "/koppla");
  expect(same).toBe(request);
  expect(same.headers.get("x-a")).toBe("1");
  expect(await same.text()).toBe("text");
});

test("the path of a public URL is that of its cookies", () => {
  expect(pathOf("https://example.org")).toBe("/");
  expect(pathOf("https://example.org/koppla")).toBe("/koppla");
});
