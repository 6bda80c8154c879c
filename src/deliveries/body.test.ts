import { describe, expect, test } from "bun:test";

import type { ChangeRow } from "../changes/queries.ts";
import type { TypeConfig } from "../config/types.ts";
import { encodeId } from "../records/key.ts";
import { TypeRegistry } from "../records/types.ts";
import { contentTypeOf, newDeliveryId, seal, sealTest } from "./body.ts";

const type = (name: string, object: string, key: TypeConfig["key"]): TypeConfig => ({
  ...{ name, object, key },
  ...{ schema: {}, parent: null, public: [], filters: [], description: "" },
});

const types = new TypeRegistry({
  trainings: type("trainings", "training", "integer"),
  articles: type("articles", "article", "string"),
});
const context = { types, publicUrl: "https://host", organisation: "demo" };
const now = Date.UTC(2026, 10, 21, 19, 5);

const change = (more: Partial<ChangeRow> = {}): ChangeRow => ({
  organisationId: 1,
  object: "training",
  key: encodeId("integer", 345_345),
  topic: "Trainings.Update",
  action: "update",
  sequence: 7,
  at: now,
  subject: null,
  actor: null,
  ...more,
});
const destroyed = { topic: "Trainings.Destroy", action: "destroy" };
const article = (id: string) => change({ object: "article", key: id, topic: "Articles.Update" });

describe("format changes", () => {
  const bodyOf = (...changes: ChangeRow[]) => seal("changes", changes, now, context)[0]?.body;

  test("is S1's, byte for byte", () => {
    expect(bodyOf(change())).toBe(
      '{"changes":[{"action":"update","object":"training","id":345345,"url":"https://host/api/v1/trainings/345345"}]}',
    );
  });

  test("has no url for what was removed, and each change in its order", () => {
    expect(bodyOf(change({ key: encodeId("integer", -12) }), change(destroyed))).toBe(
      '{"changes":[{"action":"update","object":"training","id":-12,"url":"https://host/api/v1/trainings/-12"},' +
        '{"action":"destroy","object":"training","id":345345}]}',
    );
  });

  test("keeps the id's type: digits are a string where the key is one, and the url is escaped", () => {
    expect(bodyOf(article("345345"), article('a/b "ö"'))).toBe(
      '{"changes":[{"action":"update","object":"article","id":"345345","url":"https://host/api/v1/articles/345345"},' +
        '{"action":"update","object":"article","id":"a/b \\"ö\\"","url":"https://host/api/v1/articles/a%2Fb%20%22%C3%B6%22"}]}',
    );
  });

  test("is one delivery with each topic once", () => {
    const sealed = seal("changes", [change(), article("a"), change(destroyed), article("b")], now, context);
    expect(sealed.map(({ topics }) => topics)).toEqual([
      ["Trainings.Update", "Articles.Update", "Trainings.Destroy"],
    ]);
  });

  test("has the id alone of a type that the configuration has no longer", () => {
    expect(bodyOf(change({ object: "gone", key: "a1" }))).toBe(
      '{"changes":[{"action":"update","object":"gone","id":"a1"}]}',
    );
  });
});

describe("format event", () => {
  test("thin is one delivery for each change, byte for byte", () => {
    const sealed = seal("event", [change(), change({ ...destroyed, sequence: 8 })], now + 5, context);
    const [one, two] = sealed;
    expect(sealed.map(({ body }) => body)).toEqual([
      `{"id":"${one?.id}","topic":"Trainings.Update","timestamp":"2026-11-21T19:05:00.000Z","organisation":"demo",` +
        '"object":"training","object_id":345345,"url":"https://host/api/v1/trainings/345345","sequence":7}',
      `{"id":"${two?.id}","topic":"Trainings.Destroy","timestamp":"2026-11-21T19:05:00.000Z","organisation":"demo",` +
        '"object":"training","object_id":345345,"sequence":8}',
    ]);
    expect(sealed.map(({ topics }) => topics)).toEqual([["Trainings.Update"], ["Trainings.Destroy"]]);
    expect(one?.id).not.toBe(two?.id);
  });

  test("full adds the record as it is stored, where there is one", () => {
    const data = new Map([[`training/${encodeId("integer", 1)}`, '{"id":1,"name":"Svetsning","big":1.10}']]);
    const changes = [
      change({ key: encodeId("integer", 1), subject: "user:anna", actor: "account:acc_erp" }),
      change(destroyed),
    ];
    const bodies = seal("event", changes, now, { ...context, data }).map(({ body }) => body);
    expect(bodies[0]).toEndWith(
      ',"subject":"user:anna","actor":"account:acc_erp","data":{"id":1,"name":"Svetsning","big":1.10}}',
    );
    expect(JSON.parse(String(bodies[0]))).toMatchObject({ object_id: 1, data: { id: 1, name: "Svetsning" } });
    expect(bodies[1]).not.toContain("data");
  });
});

describe("format cloudevents", () => {
  test("of one change is one event in structured JSON, byte for byte", () => {
    const [sealed, ...more] = seal("cloudevents", [change()], now + 5, context);
    expect(more).toEqual([]);
    expect(sealed?.body).toBe(
      `{"specversion":"1.0","id":"${sealed?.id}-0","source":"https://host/demo","type":"Trainings.Update",` +
        '"subject":"training/345345","time":"2026-11-21T19:05:00.000Z","datacontenttype":"application/json",' +
        '"data":{"object":"training","object_id":345345,"url":"https://host/api/v1/trainings/345345","sequence":7}}',
    );
    expect(contentTypeOf(String(sealed?.body))).toBe("application/cloudevents+json");
  });

  test("of several is one batch, whose events have ids of their own", () => {
    const changes = [change(), change({ ...destroyed, subject: "user:anna", actor: "account:acc_erp" })];
    const [sealed, ...more] = seal("cloudevents", changes, now, context);
    expect(more).toEqual([]);
    expect(sealed?.topics).toEqual(["Trainings.Update", "Trainings.Destroy"]);
    const events = JSON.parse(String(sealed?.body)) as { id: string; data: unknown }[];
    expect(events.map(({ id }) => id)).toEqual([`${sealed?.id}-0`, `${sealed?.id}-1`]);
    expect(events[1]?.data).toEqual({
      ...{ object: "training", object_id: 345345, sequence: 7 },
      ...{ subject: "user:anna", actor: "account:acc_erp" },
    });
    expect(contentTypeOf(String(sealed?.body))).toBe("application/cloudevents-batch+json");
  });

  test("full adds the record as it is stored, where there is one", () => {
    const data = new Map([[`training/${encodeId("integer", 1)}`, '{"id":1,"big":1.10}']]);
    const changes = [change({ key: encodeId("integer", 1) }), change(destroyed)];
    const [sealed] = seal("cloudevents", changes, now, { ...context, data });
    expect(sealed?.body).toContain('"sequence":7,"data":{"id":1,"big":1.10}}}');
    expect(sealed?.body).toEndWith('"object_id":345345,"sequence":7}}]');
  });
});

test("a change of the server's own objects has its address, and none where it is gone", () => {
  const account = { object: "account", key: "0196e3a0", topic: "Accounts.Update" };
  const [sealed] = seal(
    "changes",
    [change(account), change({ ...account, action: "destroy" })],
    now,
    context,
  );
  expect(JSON.parse(String(sealed?.body))).toEqual({
    changes: [
      { action: "update", object: "account", id: "0196e3a0", url: "https://host/api/v1/accounts/0196e3a0" },
      { action: "destroy", object: "account", id: "0196e3a0" },
    ],
  });
});

describe("a test", () => {
  const told = { publicUrl: "https://host", organisation: "demo" };
  const url = "https://host/api/v1/receivers/r1";

  test("tells of no change in the format changes", () => {
    const sealed = sealTest("changes", "r1", now, told);
    expect(sealed).toMatchObject({ topics: ["Receivers.Test"], body: '{"changes":[]}' });
    expect(contentTypeOf(sealed.body)).toBe("application/json");
  });

  test("tells of the receiver itself in the others", () => {
    const event = sealTest("event", "r1", now, told);
    expect(JSON.parse(event.body)).toEqual({
      ...{
        id: event.id,
        topic: "Receivers.Test",
        timestamp: "2026-11-21T19:05:00.000Z",
        organisation: "demo",
      },
      ...{ object: "receiver", object_id: "r1", url },
    });
    const cloud = sealTest("cloudevents", "r1", now, told);
    expect(JSON.parse(cloud.body)).toMatchObject({
      ...{ specversion: "1.0", id: `${cloud.id}-0`, source: "https://host/demo", type: "Receivers.Test" },
      ...{ subject: "receiver/r1", data: { object: "receiver", object_id: "r1", url } },
    });
    expect(contentTypeOf(cloud.body)).toBe("application/cloudevents+json");
  });
});

test("ids of deliveries sort by the time of their making, also within a millisecond", () => {
  const ids = Array.from({ length: 5_000 }, (_, i) => newDeliveryId(now + Math.floor(i / 2_500)));
  for (const id of ids) expect(id).toMatch(/^msg_[0-9a-f]{32}$/);
  expect(ids.toSorted()).toEqual(ids);
  expect(parseInt(String(ids[0]).slice(4, 16), 16)).toBe(now);
});
