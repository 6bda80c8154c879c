import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import type { Principal } from "../../src/accounts/principal.ts";
import { BlobGone, BlobStore } from "../../src/blobs/store.ts";
import type { NewMessage } from "../../src/messages/message.ts";
import { Parties } from "../../src/messages/parties.ts";
import type { PublishPlan, Publisher } from "../../src/messages/publisher.ts";
import { MessageRetention } from "../../src/messages/retention.ts";
import { MessageService } from "../../src/messages/service.ts";
import { createLogger } from "../../src/log.ts";
import { SecretBox } from "../../src/secrets/seal.ts";
import { databases } from "./databases.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

const DAY = 86_400_000;
const PARTY = "81471222-5798-11e9-ae24-57fa13b361e1";
const quiet = createLogger({ level: "error", format: "json" });

const plan: PublishPlan = { organisationId: 0, violations: [], waits: false, longest: 0, publications: [] };

/** Channels that want nothing. */
const nowhere: Publisher = {
  plan: () => plan,
  record: async () => {},
  publish: async () => {},
  states: async () => new Map(),
  forget: async () => {},
};

describe.each(databases)("web messages on %s", (kind) => {
  let rooms: Rooms;
  let blobs: BlobStore;
  let messages: MessageService;
  let principal: Principal;

  const partiesOf = (mode: "plain" | "hashed") =>
    new Parties({ mode, key: new Uint8Array(32), box: new SecretBox(new Uint8Array(32)) });
  const serviceWith = (mode: "plain" | "hashed") =>
    new MessageService({ ...rooms, blobs, parties: partiesOf(mode), publisher: nowhere });

  beforeAll(async () => {
    rooms = await makeRooms(kind);
    // Chunks of three bytes: a few bytes are many.
    blobs = new BlobStore({ ...rooms, longestWrite: 1_000, chunkSize: 3 });
  });
  afterAll(() => rooms.close());
  beforeEach(async () => {
    await rooms.renew();
    messages = serviceWith("plain");
    principal = principalOf(rooms.mine.id);
  });

  const principalOf = (id: number): Principal => ({
    organisation: { id, code: "x", name: "x" },
    subject: { kind: "account", id: "1", clientId: "acc_1", name: "ERP" },
    grants: [],
  });

  const writerOf = async (text: string) => {
    const writer = blobs.writer(rooms.mine.id);
    writer.push(new TextEncoder().encode(text));
    await writer.drain();
    return writer;
  };

  const send = async (more: Partial<NewMessage> = {}, text?: string, to = messages) => {
    const writers = text === undefined ? [] : [await writerOf(text)];
    const message: NewMessage = {
      ...{ partyId: PARTY, message: "hello", references: [{ key: "case", value: "1234" }] },
      ...{ instance: null, senderUserId: null },
      attachments: writers.map(({ id, size }) => {
        return { fileName: "a.txt", mimeType: "text/plain", size, blob: id };
      }),
      ...more,
    };
    return await to.create(principal, message, { plan, writers });
  };

  const all = async (pages: () => Promise<readonly { id: string }[]>) => {
    const ids: string[] = [];
    for (let page = await pages(); page.length > 0; page = await pages())
      ids.push(...page.map(({ id }) => id));
    return ids;
  };
  const blobCount = async () => {
    const rows = await rooms.store.read((reader) =>
      reader.query(({ db, t }) => db.select({ id: t.blobChunks.blobId }).from(t.blobChunks)),
    );
    return rows.length;
  };
  const bytesOf = async (blob: string, from?: number, to?: number) => {
    let text = "";
    for await (const piece of messages.bytes(blob, from, to)) text += new TextDecoder().decode(piece);
    return text;
  };
  const changes = async () => {
    const page = await rooms.store.read((reader) =>
      rooms.feed.page(reader, {
        ...{ organisationId: rooms.mine.id, after: rooms.mine.head, limit: 1_000 },
        topics: ["WebMessages.Create", "WebMessages.Destroy"],
      }),
    );
    return page.rows.map(({ topic, key }) => `${topic} ${key}`);
  };
  const retention = (keep: number, organisations: Record<string, { keep: number }> = {}) =>
    new MessageRetention({ ...rooms, log: quiet, messages, rules: { keep, organisations } });

  test("are found by party and reference in order of creation, and tell of themselves", async () => {
    const first = await send();
    rooms.clock.advance(5);
    const second = await send();
    const { id } = rooms.mine;
    expect(await all(messages.byParty(id, PARTY.toUpperCase()))).toEqual([first, second]);
    expect(await all(messages.byReference(id, { key: "case", value: "1234" }))).toEqual([first, second]);
    expect(await changes()).toEqual([`WebMessages.Create ${first}`, `WebMessages.Create ${second}`]);
    expect(await all(messages.byParty(rooms.theirs.id, PARTY))).toEqual([]);
    expect(await messages.find(rooms.theirs.id, first)).toBeUndefined();
  });

  test("have attachments in chunks, of which any range can be read", async () => {
    const message = await messages.find(rooms.mine.id, await send({}, "abcdefgh"));
    const { blob = "" } = message?.attachments[0] ?? {};
    expect(await bytesOf(blob)).toBe("abcdefgh");
    for (let from = 0; from <= 8; from++)
      for (let to = from; to <= 8; to++)
        expect(await bytesOf(blob, from, to)).toBe("abcdefgh".slice(from, to));
  });

  test("take their attachments, references and place in lists with them when they are removed", async () => {
    const before = await blobCount();
    const id = await send({}, "abcdefgh");
    const message = await messages.find(rooms.mine.id, id);
    expect(await blobCount()).toBe(before + 3);
    const by = { organisationId: rooms.mine.id, subject: null, actor: null };
    expect(await messages.remove({ ...by, organisationId: rooms.theirs.id }, id)).toBe(false);
    expect(await messages.remove(by, id)).toBe(true);
    expect(await messages.remove(by, id)).toBe(false);
    await blobs.sweeper.sweep();
    expect(await blobCount()).toBe(before);
    expect(await all(messages.byReference(rooms.mine.id, { key: "case", value: "1234" }))).toEqual([]);
    expect(await changes()).toEqual([`WebMessages.Destroy ${id}`]);
    await expect(bytesOf(message?.attachments[0]?.blob ?? "")).rejects.toThrow(BlobGone);
  });

  test("that are hidden are nowhere, until they are shown or discarded", async () => {
    const before = await blobCount();
    const waiting: PublishPlan = { ...plan, waits: true };
    const writer = await writerOf("abcd");
    const attachments = [{ fileName: "a", mimeType: "a/b", size: 4, blob: writer.id }];
    const message = { ...{ partyId: PARTY, message: "m", references: [{ key: "case", value: "9999" }] } };
    const whole = { ...message, attachments, instance: null, senderUserId: null };
    const id = await messages.create(principal, whole, { plan: waiting, writers: [writer] });
    expect(await messages.find(rooms.mine.id, id)).toBeUndefined();
    expect(await all(messages.byParty(rooms.mine.id, PARTY))).toEqual([]);
    expect(await changes()).toEqual([]);
    const by = { organisationId: rooms.mine.id, subject: null, actor: null };
    expect(await messages.remove(by, id)).toBe(false);
    expect((await messages.load(id))?.message).toBe("m");

    const other = await messages.create(
      principal,
      { ...whole, attachments: [] },
      { plan: waiting, writers: [] },
    );
    await rooms.store.write((tx) => messages.show(tx, other));
    expect(await all(messages.byParty(rooms.mine.id, PARTY))).toEqual([other]);
    expect(await changes()).toEqual([`WebMessages.Create ${other}`]);
    await rooms.store.write((tx) => messages.discard(tx, id));
    expect(await changes()).toEqual([`WebMessages.Create ${other}`]);
    // One that was shown as unknown, and of which it turns out that its channel refused it.
    await rooms.store.write((tx) => messages.discard(tx, other));
    expect(await all(messages.byParty(rooms.mine.id, PARTY))).toEqual([]);
    await blobs.sweeper.sweep();
    expect(await blobCount()).toBe(before);
    expect(await messages.load(id)).toBeUndefined();
    expect(await changes()).toEqual([`WebMessages.Destroy ${other}`]);
  });

  test("leave nothing of what was uploaded and not used: at once, or an hour after the process died", async () => {
    const before = await blobCount();
    await blobs.abandon([await writerOf("abcdefgh")]);
    await blobs.sweeper.sweep();
    expect(await blobCount()).toBe(before);
    await writerOf("abcdefgh");
    await blobs.sweeper.sweep();
    expect(await blobCount()).toBe(before + 2);
    rooms.clock.advance(3_600_001);
    await blobs.sweeper.sweep();
    expect(await blobCount()).toBe(before);
  });

  test("go when they are older than their organisation keeps them", async () => {
    const old = [];
    for (let n = 0; n < 120; n++) old.push(await send({}, n === 0 ? "abc" : undefined));
    const { attachments = [] } = (await messages.find(rooms.mine.id, old[0] ?? "")) ?? {};
    rooms.clock.advance(10 * DAY);
    const young = await send();
    const { code } = await rooms.organisations.byId(rooms.mine.id);
    const none = retention(5 * DAY, { [code]: { keep: 0 } });
    none.start();
    await none.settled();
    await none.stop();
    expect((await all(messages.byParty(rooms.mine.id, PARTY))).length).toBe(121);
    const own = retention(0, { [code]: { keep: 5 * DAY } });
    own.start();
    await own.settled();
    expect(await all(messages.byParty(rooms.mine.id, PARTY))).toEqual([young]);
    await blobs.sweeper.sweep();
    expect(attachments.length).toBe(1);
    await expect(bytesOf(attachments[0]?.blob ?? "")).rejects.toThrow(BlobGone);
    expect((await changes()).filter((one) => one.startsWith("WebMessages.Destroy")).length).toBe(old.length);
    await own.stop();
  });

  test("of parties whose ids are hashed do not have these in the database, and are found with those from before", async () => {
    const hashed = serviceWith("hashed");
    const plain = await send();
    const id = await send({}, undefined, hashed);
    const rows = await rooms.store.read((reader) =>
      reader.query(({ db, t }) =>
        db
          .select({ id: t.messages.id, partyKey: t.messages.partyKey, partyId: t.messages.partyId })
          .from(t.messages),
      ),
    );
    expect(JSON.stringify(rows.find((row) => row.id === id))).not.toContain(PARTY);
    expect((await hashed.find(rooms.mine.id, id))?.partyId).toBe(PARTY);
    for (const service of [messages, hashed])
      expect(await all(service.byParty(rooms.mine.id, PARTY))).toEqual([plain, id]);
    expect(await all(hashed.byParty(rooms.theirs.id, PARTY))).toEqual([]);
  });

  test("are told of with what they say, without their attachments' bytes, to who may hear it", async () => {
    const id = await send({ message: "secret" }, "abc");
    const row = { object: "webmessage", key: id, organisationId: rooms.mine.id };
    const told = await rooms.store.read((reader) => messages.told(reader, row));
    expect(JSON.parse(told ?? "")).toMatchObject({
      ...{ id, message: "secret" },
      attachments: [{ fileName: "a.txt", mimeType: "text/plain", size: 3 }],
    });
    const foreign = { ...row, organisationId: rooms.theirs.id };
    expect(await rooms.store.read((reader) => messages.told(reader, foreign))).toBeUndefined();
  });
});
