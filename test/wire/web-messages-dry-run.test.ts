/** Dry runs whose bodies come slowly: nothing is held up while they are on their way, and nothing of them stays. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";

import { type Koppla, startKoppla } from "../binary/harness.ts";
import { EXAMPLE, PARTY } from "../binary/messages.ts";

let koppla: Koppla;

beforeAll(async () => {
  koppla = await startKoppla();
});
afterAll(() => koppla.dispose());

/** More than the buffers of both ends take: when all of it but the end has gone, the server has read most of it. */
const SIZE = 20_000_000;
const FILE = 10_000_000;

interface Sent {
  path: string;
  type: string;
  body: Buffer;
}

function message(): Sent {
  const base64Data = Buffer.alloc(FILE / 2, 7).toString("base64");
  const attachments = [1, 2, 3].map((n) => ({ fileName: `${n}.bin`, base64Data }));
  const body = Buffer.from(JSON.stringify({ ...EXAMPLE, attachments }));
  return { path: "/webmessages", type: "application/json", body };
}

async function form(): Promise<Sent> {
  const made = new FormData();
  made.set("partyId", PARTY);
  made.append("externalReferences", JSON.stringify({ key: "caseNumber", value: "1234" }));
  for (const name of ["a", "b"]) made.append("attachments", new File([new Uint8Array(FILE)], name));
  const response = new Response(made);
  const type = response.headers.get("content-type") ?? "";
  return { path: "/webmessages", type, body: Buffer.from(await response.arrayBuffer()) };
}

function records(): Sent {
  // Noise cannot be packed: most of it would be written while it comes.
  const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString("base64");
  const lines = Array.from({ length: SIZE / 80_000 }, (_, id) => JSON.stringify({ id, name: noise() }));
  return {
    path: "/api/v1/trainings/import",
    type: "application/x-ndjson",
    body: Buffer.from(lines.join("\n")),
  };
}

/** Sends a dry run up to the last bytes of its body. @returns what sends those too, and answers what is answered */
async function begin({ path, type, body }: Sent): Promise<() => Promise<string>> {
  const { hostname, port } = new URL(koppla.url);
  const socket = connect(Number(port), hostname);
  const lines = [`POST ${path} HTTP/1.1`, "host: x", `apikey: ${koppla.demo.token}`, "dry-run: true"];
  const head = [
    ...lines,
    `content-type: ${type}`,
    `content-length: ${body.length}`,
    "connection: close",
    "",
    "",
  ];
  let answer = "";
  socket.on("data", (bytes: Buffer) => (answer += bytes.toString("latin1")));
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  const write = (bytes: Buffer) =>
    new Promise<void>((resolve, reject) =>
      socket.write(bytes, (error) => (error ? reject(error) : resolve())),
    );
  await write(Buffer.concat([Buffer.from(head.join("\r\n")), body.subarray(0, -100)]));
  return async () => {
    await write(body.subarray(-100));
    await closed;
    return answer;
  };
}

describe("a dry run whose body of 20 MB has not come whole", () => {
  test.each<[string, () => Sent | Promise<Sent>, number]>([
    ["a message", message, 201],
    ["a message as a form", form, 201],
    ["an import", records, 202],
  ])("holds up nobody who writes: %s", async (what, make, status) => {
    const { demo } = koppla;
    const sent = await make();
    expect(sent.body.length).toBeGreaterThanOrEqual(SIZE);
    const end = await begin(sent);
    // Others write meanwhile; a transaction that is held would let none of them through.
    for (let n = 0; n < 20; n++) {
      const { status: written } = await demo.put(`/api/v1/trainings/${n}`, { name: `${what} ${n}` });
      expect([200, 201]).toContain(written);
    }
    const answer = await end();
    expect(answer.split("\r\n")[0]).toStartWith(`HTTP/1.1 ${status} `);
    expect(answer.toLowerCase()).toContain("\r\ndry-run: true\r\n");
    expect(await demo.read<unknown[]>(`/webmessages/recipients/${PARTY}`)).toEqual([]);
    expect((await demo.get("/api/v1/trainings/100")).status).toBe(404);
  });
});
