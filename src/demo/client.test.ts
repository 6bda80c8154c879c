import { expect, test } from "bun:test";
import { curlLine, DemoClient } from "./client.ts";

test("a curl line survives the shell, quotes in the data included", async () => {
  const body = { name: `King's "College" $HOME \`x\`` };
  const line = curlLine({
    method: "POST",
    url: "http://127.0.0.1:1/api/v1/universities",
    token: "secret",
    body,
  });
  // The shell splits the line as it would for curl; printf shows what curl would be given.
  const words = await new Response(
    Bun.spawn(["sh", "-c", line.replace("curl", "printf '%s\\n'")], { stdout: "pipe" }).stdout,
  ).text();
  expect(words.trim().split("\n")).toEqual([
    "-sS",
    "-X",
    "POST",
    "http://127.0.0.1:1/api/v1/universities",
    "-H",
    "Authorization: Bearer secret",
    "-H",
    "Content-Type: application/json",
    "-d",
    JSON.stringify(body),
  ]);
});

/** A server that creates what it is given, but for records named `bad`. */
function createsAll() {
  const lists: number[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const records: { id: number; name: string }[] = JSON.parse(await request.text());
      lists.push(records.length);
      if (records.some((record) => record.name === "refuse"))
        return Response.json({ title: "Invalid input" }, { status: 422 });
      const statusOf = (name: string) => (name === "bad" ? "unchanged" : "created");
      return Response.json({ results: records.map(({ id, name }) => ({ id, status: statusOf(name) })) });
    },
  });
  const client = new DemoClient(server.url.href.replace(/\/$/, ""), "t", new AbortController().signal);
  return { client, lists, [Symbol.asyncDispose]: () => server.stop(true) };
}

test("records are pushed in lists, and each list is told", async () => {
  await using server = createsAll();
  const told: number[] = [];
  const records = Array.from({ length: 7 }, (_, id) => ({ id, name: "x" }));
  await server.client.push("universities", records, 3, (count) => told.push(count));
  expect(server.lists).toEqual([3, 3, 1]);
  expect(told).toEqual([3, 3, 1]);
});

test("a record that was not created ends the push, and so does a refusal, with the server's words", async () => {
  await using server = createsAll();
  const push = (name: string) => server.client.push("universities", [{ id: 1, name }], 500, () => {});
  expect(push("bad")).rejects.toThrow("only 0 were created");
  expect(push("refuse")).rejects.toThrow('422: {"title":"Invalid input"}');
});
