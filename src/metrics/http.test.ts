import { expect, test } from "bun:test";

import { HttpCounts } from "./http.ts";

const request = (method = "GET") => new Request("http://localhost/x", { method });

test("a request is counted once, by method, route and status", () => {
  const http = new HttpCounts();
  const one = request();
  http.begin(one);
  http.end(one, 200, "/x");
  http.end(one, 404);
  const [counts, ...more] = http.routes();
  expect(more).toEqual([]);
  expect(counts).toMatchObject({ method: "GET", route: "/x", byStatus: new Map([[200, 1]]) });
  expect(counts?.durations.count).toBe(1);
});

test("what has no route has one place for all, and so has a method that nobody knows", () => {
  const http = new HttpCounts();
  for (const method of ["GET", "BREW", "WHATEVER", "DELETE"]) {
    const one = request(method);
    http.begin(one);
    http.end(one, 404);
  }
  // Bun takes for GET what it does not know.
  expect([...http.routes()].map(({ method, route }) => `${method} ${route}`)).toEqual([
    "GET none",
    "DELETE none",
  ]);
});

test("a request that was not begun is not counted", () => {
  const http = new HttpCounts();
  http.end(request(), 200, "/x");
  expect([...http.routes()]).toEqual([]);
});
