import { expect, test } from "bun:test";

import { Vestibule } from "./vestibule.ts";

const ask = (vestibule: Vestibule, path: string, method = "GET") =>
  Promise.resolve(vestibule.answer(new Request(`http://localhost${path}`, { method })));

test("that the process is up is said at once, under its base path too", async () => {
  expect((await ask(new Vestibule(""), "/healthz?a=1")).status).toBe(200);
  const under = new Vestibule("/koppla");
  expect((await ask(under, "/koppla/healthz")).status).toBe(200);
  expect((await ask(under, "/healthz")).status).toBe(200);
});

test("it is not ready", async () => {
  const answer = await ask(new Vestibule(""), "/readyz");
  expect(answer.status).toBe(503);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
});

test("everything else waits for the application, in the order in which it came", async () => {
  const vestibule = new Vestibule("/koppla");
  const order: string[] = [];
  const first = ask(vestibule, "/koppla/api/v1/items", "POST");
  const second = ask(vestibule, "/koppla/healthz", "PUT");
  vestibule.open(({ url }) => {
    order.push(url);
    return new Response("here");
  });
  expect(await (await first).text()).toBe("here");
  expect(await (await second).text()).toBe("here");
  expect(order).toEqual(["http://localhost/koppla/api/v1/items", "http://localhost/koppla/healthz"]);
});

test("large bodies, and those of unknown length, do not wait", async () => {
  const send = (headers: Record<string, string>) => {
    const vestibule = new Vestibule("");
    const answer = vestibule.answer(new Request("http://localhost/", { method: "POST", headers }));
    vestibule.open(() => new Response());
    return Promise.resolve(answer).then(({ status }) => status);
  };
  expect(await send({ "content-length": "65536" })).toBe(200);
  expect(await send({ "content-length": "65537" })).toBe(503);
  expect(await send({ "transfer-encoding": "chunked" })).toBe(503);
});

test("no more than a thousand wait", async () => {
  const vestibule = new Vestibule("");
  const waiting = Array.from({ length: 1_000 }, () => ask(vestibule, "/"));
  expect((await ask(vestibule, "/")).status).toBe(503);
  vestibule.open(() => new Response());
  expect(new Set((await Promise.all(waiting)).map(({ status }) => status))).toEqual(new Set([200]));
});
