/** What S3 does not have: attachments one by one, events, keys of requests, a party's export and erasure, memory. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";

import { eventually } from "../binary/eventually.ts";
import { type Koppla, startKoppla } from "../binary/harness.ts";
import { EXAMPLE, exportedParty, operated, PARTY, sendMessage } from "../binary/messages.ts";
import type { Partner } from "../binary/partner.ts";
import { createReceiver, TestReceiver } from "../binary/receiver.ts";
import { type ChangeItem, deliveryWith, type Page } from "../binary/wire.ts";

let koppla: Koppla;
let partner: Partner;
let sink: TestReceiver;

beforeAll(async () => {
  koppla = await startKoppla();
  partner = koppla.demo;
  sink = new TestReceiver();
});
afterAll(async () => {
  sink.stop();
  await koppla.dispose();
});

describe("an attachment", () => {
  test("is had as it is, as a whole and in ranges", async () => {
    // Of several chunks of the database.
    const bytes = new Uint8Array(500_000).map((_, at) => (at * 7919) >> 3);
    const attachments = [{ fileName: "a.bin", base64Data: Buffer.from(bytes).toString("base64") }];
    const id = await sendMessage(partner, { ...EXAMPLE, attachments });
    const path = `/webmessages/${id}/attachments/0`;
    const whole = await partner.get(path);
    expect([whole.status, whole.headers.get("content-length")]).toEqual([200, "500000"]);
    expect(Bun.hash(await whole.bytes())).toBe(Bun.hash(bytes));
    const part = await partner.get(path, { range: "bytes=196600-400000" });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 196600-400000/500000"]);
    expect(Bun.hash(await part.bytes())).toBe(Bun.hash(bytes.slice(196_600, 400_001)));
    expect((await partner.get(path, { range: "bytes=500000-" })).status).toBe(416);
    const head = await partner.api(path, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "500000", ""]);
  });

  test("is counted from 0, as in what is said of it when it is refused", async () => {
    const data = ["AAAA", "BBBB", "CCCC"];
    const attachments = data.map((base64Data, n) => ({ fileName: `${n}.bin`, base64Data }));
    const id = await sendMessage(partner, { ...EXAMPLE, attachments });
    for (const [n, base64Data] of data.entries()) {
      const raw = await partner.get(`/webmessages/${id}/attachments/${n}`);
      expect(Buffer.from(await raw.arrayBuffer()).toString("base64")).toBe(base64Data);
    }
    expect((await partner.get(`/webmessages/${id}/attachments/3`)).status).toBe(404);
    const last = { ...attachments[2], base64Data: "?" };
    const refused = await partner.post("/webmessages", {
      ...EXAMPLE,
      attachments: [...attachments.slice(0, 2), last],
    });
    const { violations }: { violations: { field: string }[] } = JSON.parse(await refused.text());
    expect(violations.map(({ field }) => field)).toEqual(["attachments[2].base64Data"]);
  });

  test("that is none is not found, nor is another organisation's", async () => {
    const id = await sendMessage(partner);
    for (const number of ["1", "10", "-1", "x", "0x0"])
      expect((await partner.get(`/webmessages/${id}/attachments/${number}`)).status).toBe(404);
    const other = await koppla.partner("others");
    expect((await other.get(`/webmessages/${id}/attachments/0`)).status).toBe(404);
    const blind = await koppla.account("demo", ["webmessages:write"]);
    expect((await blind.get(`/webmessages/${id}/attachments/0`)).status).toBe(403);
  });
});

describe("events", () => {
  test("of a message are WebMessages.Create and WebMessages.Destroy, with where it is", async () => {
    const id = await sendMessage(partner);
    const mine = async () => {
      const { items } = await partner.read<Page<ChangeItem>>(
        "/api/v1/changes?topics=WebMessages.*&limit=500",
      );
      return items
        .filter((item) => item.id === id)
        .map(({ topic, action, object, url }) => [topic, action, object, url]);
    };
    const url = `https://koppla.example/webmessages/${id}`;
    expect(await mine()).toEqual([["WebMessages.Create", "create", "webmessage", url]]);
    await partner.delete(`/webmessages/${id}`);
    expect(await mine()).toEqual([["WebMessages.Destroy", "destroy", "webmessage", undefined]]);
  });

  test("have the text only for a full payload, and only where the account may read it", async () => {
    const house = await koppla.partner("house");
    const reader = await koppla.account("house", ["webmessages:read"]);
    const blind = await koppla.account("house", ["trainings:read"]);
    const more = { topics: ["WebMessages.*"], format: "event" };
    const make = (path: string, changes: object) =>
      createReceiver(house, sink.url(path), { ...more, ...changes });
    await make("/full", { payload: "full", account_id: reader.clientId });
    await make("/thin", { payload: "thin", account_id: reader.clientId });
    await make("/blind", { payload: "full", account_id: blind.clientId });
    const id = await sendMessage(house, { ...EXAMPLE, message: "for your eyes only" });
    const bodyAt = (path: string) =>
      sink.waitFor(`an event at ${path}`, (requests) => requests.find((one) => one.path === path)?.body);
    const full: { data: object } = JSON.parse(await bodyAt("/full"));
    expect(full.data).toMatchObject({
      ...{ id, partyId: PARTY, message: "for your eyes only" },
      attachments: [{ fileName: "test.pdf", mimeType: "application/pdf", size: 8 }],
    });
    expect(JSON.stringify(full)).not.toContain("base64Data");
    const thin = await bodyAt("/thin");
    expect(thin).toContain(id);
    expect(thin).not.toContain("for your eyes only");
    expect(sink.requests.filter(({ path }) => path === "/blind")).toEqual([]);
  });
});

describe("an Idempotency-Key", () => {
  const send = (key: string, message: object) =>
    partner.post("/webmessages", message, { "idempotency-key": key });

  test("gives the first answer again, and stores the message once", async () => {
    const message = { ...EXAMPLE, partyId: crypto.randomUUID() };
    const key = crypto.randomUUID();
    const answers = [await send(key, message), await send(key, message)];
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    const [one, two] = answers.map(({ headers }) => headers.get("location"));
    expect(one).toBe(two ?? "");
    expect(answers[1]?.headers.get("idempotency-replayed")).toBe("true");
    const list = await partner.read<unknown[]>(`/webmessages/recipients/${message.partyId}`);
    expect(list.length).toBe(1);
  });

  test("knows a form again, whose bytes are never the same, and refuses another file under it", async () => {
    const key = crypto.randomUUID();
    const post = async (content: string) => {
      const form = new FormData();
      form.set("partyId", PARTY);
      form.append("externalReferences", '{"key":"caseNumber","value":"7"}');
      form.append("attachments", new File([content], "a.txt"));
      const headers = { "idempotency-key": key };
      const response = await partner.api("/webmessages", { method: "POST", body: form, headers });
      return [response.status, response.headers.get("location")];
    };
    const first = await post("one");
    expect(await post("one")).toEqual(first);
    expect((await post("two"))[0]).toBe(422);
  });

  test("may be used again for a message that was refused", async () => {
    const key = crypto.randomUUID();
    expect((await send(key, { ...EXAMPLE, partyId: "none" })).status).toBe(400);
    expect((await send(key, EXAMPLE)).status).toBe(201);
  });
});

describe("a party", () => {
  test("is exported with everything, and erased, and both are in the audit log", async () => {
    const party = crypto.randomUUID();
    const other = await sendMessage(partner);
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push(await sendMessage(partner, { ...EXAMPLE, partyId: party }));
    const { operationId } = await exportedParty(partner, party);
    const path = `/api/v1/webmessages/exports/${operationId}`;
    const file = await partner.read<{ partyId: string; messages: { id: string; attachments: unknown[] }[] }>(
      path,
    );
    expect([file.partyId, file.messages.map(({ id }) => id)]).toEqual([party, ids]);
    expect(file.messages[0]?.attachments).toEqual([
      { ...EXAMPLE.attachments[0], mimeType: "application/pdf" },
    ]);

    const erased = await operated(partner, `/api/v1/webmessages/parties/${party}/erase`);
    expect([erased.status, erased.result]).toEqual(["SUCCESS", { messages: 3 }]);
    expect(await partner.read<unknown[]>(`/webmessages/recipients/${party}`)).toEqual([]);
    expect((await partner.get(`/webmessages/${other}`)).status).toBe(200);
    const { items } = await partner.read<Page<{ action: string; detail: Record<string, unknown> }>>(
      "/api/v1/audit?action=operation.start&limit=50",
    );
    const kinds = items.filter(({ detail }) => detail["party"] === party).map(({ detail }) => detail["kind"]);
    expect(kinds.sort()).toEqual(["webmessages.erase_party", "webmessages.export_party"]);
  });

  test("that is erased is taken out of what the webhook log has, too", async () => {
    const house = await koppla.partner("forgetting");
    await createReceiver(house, sink.url("/erased"), {
      topics: ["WebMessages.*"],
      format: "event",
      payload: "full",
    });
    const id = await sendMessage(house, { ...EXAMPLE, message: "to be forgotten" });
    const { id: delivery } = await sink.waitFor("the event", (all) =>
      all.find(({ path }) => path === "/erased"),
    );
    const bodyOf = async () => (await deliveryWith(house, delivery, "delivered")).request_body;
    expect(await bodyOf()).toContain("to be forgotten");
    await operated(house, `/api/v1/webmessages/parties/${PARTY}/erase`);
    const body = await bodyOf();
    expect(body).not.toContain("to be forgotten");
    expect(body).not.toContain(PARTY);
    expect(body).toContain(id);
  });

  test("is exported and erased only by who may read and remove messages, in his own organisation", async () => {
    const writer = await koppla.account("demo", ["webmessages:write"]);
    const reader = await koppla.account("demo", ["webmessages:read"]);
    const stranger = await koppla.partner("strangers");
    const at = (what: string) => `/api/v1/webmessages/parties/${PARTY}/${what}`;
    expect((await writer.api(at("export"), { method: "POST" })).status).toBe(403);
    expect((await reader.api(at("erase"), { method: "POST" })).status).toBe(403);
    await sendMessage(partner);
    const { operationId } = await exportedParty(partner);
    expect((await stranger.get(`/api/v1/webmessages/exports/${operationId}`)).status).toBe(404);
    expect((await stranger.read<unknown[]>(`/webmessages/recipients/${PARTY}`)).length).toBe(0);
  });

  test("whose id is hashed stands in no table of the database", async () => {
    await using hashed = await startKoppla({ config: { web_messages: { party_ids: "hashed" } } });
    const party = crypto.randomUUID();
    const id = await sendMessage(hashed.demo, { ...EXAMPLE, partyId: party });
    const list = await hashed.demo.read<{ id: string; partyId: string }[]>(
      `/webmessages/recipients/${party}`,
    );
    expect(list.map((one) => [one.id, one.partyId])).toEqual([[id, party]]);
    const erased = await operated(hashed.demo, `/api/v1/webmessages/parties/${party}/erase`);
    expect(erased.result).toEqual({ messages: 1 });
    await hashed.stop();
    const files = [...new Bun.Glob("data/*").scanSync({ cwd: hashed.dir, absolute: true })];
    for (const file of files) expect(readFileSync(file).includes(party)).toBe(false);
  });
});

describe("a message", () => {
  test("goes when it is older than web_messages.keep", async () => {
    await using forgetful = await startKoppla({ config: { web_messages: { keep: "1s" } } });
    const id = await sendMessage(forgetful.demo);
    await eventually("the message is gone", async () => {
      const { status } = await forgetful.demo.get(`/webmessages/${id}`);
      return status === 404 ? status : undefined;
    });
  });

  test("of 140 MB takes the server less than four times as much memory", async () => {
    await using fresh = await startKoppla();
    const data = Buffer.alloc(10_485_760, 7).toString("base64");
    const attachments = Array.from({ length: 10 }, (_, n) => ({ fileName: `${n}.bin`, base64Data: data }));
    const body = JSON.stringify({ ...EXAMPLE, attachments });
    const headers = { "content-type": "application/json" };
    const { status } = await fresh.demo.api("/webmessages", { method: "POST", body, headers });
    expect(status).toBe(201);
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${fresh.pid}/status`, "utf8"))?.[1];
    expect(Number(peak) * 1_024).toBeLessThan(4 * body.length);
  });
});
