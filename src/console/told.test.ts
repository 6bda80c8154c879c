/** What is made of deliveries on a record's page. Bodies are as `src/deliveries/body.ts` makes them. */
import { describe, expect, test } from "bun:test";

import { differences, tellingsOf } from "./app/pages/data/told.ts";
import { type Delivery, timelineOf } from "./app/pages/data/timeline.ts";

describe("what a delivery told of a record", () => {
  const change = { action: "update", object: "training", id: 345345, url: "https://koppla.example/x" };
  const other = { ...change, id: 7 };

  test("is the change of its bundle that is about it", () => {
    const body = JSON.stringify({ changes: [other, change, { ...change, object: "institute" }] });
    expect(tellingsOf(body, "training", 345345)).toEqual([
      { action: "update", sequence: undefined, state: undefined, part: change },
    ]);
  });

  test("is the record, where an event carries it", () => {
    const data = { id: 345345, name: "Svetsning" };
    const event = {
      id: "msg_1",
      topic: "Trainings.Update",
      object: "training",
      object_id: 345345,
      sequence: 9,
      data,
    };
    expect(tellingsOf(JSON.stringify(event), "training", "345345")).toEqual([
      { action: "update", sequence: 9, state: data, part: event },
    ]);
  });

  test("is found in one CloudEvent and in a batch of them", () => {
    const told = { object: "training", object_id: "a", sequence: 3, data: { id: "a", city: "Borås" } };
    const event = { specversion: "1.0", id: "msg_1-0", type: "Trainings.Destroy", data: told };
    const one = { action: "destroy", sequence: 3, state: told.data, part: event };
    expect(tellingsOf(JSON.stringify(event), "training", "a")).toEqual([one]);
    const batch = [{ ...event, data: { ...told, object_id: "b" } }, event];
    expect(tellingsOf(JSON.stringify(batch), "training", "a")).toEqual([one]);
  });

  test("is nothing, where the body is gone or about something else", () => {
    expect(tellingsOf("", "training", 1)).toEqual([]);
    expect(tellingsOf("[]", "training", 1)).toEqual([]);
    expect(tellingsOf(JSON.stringify({ changes: [other] }), "training", 1)).toEqual([]);
  });
});

describe("two states of a record", () => {
  test("differ field by field, within objects too, and lists as wholes", () => {
    const before = { id: 1, name: "A", address: { city: "Lund", zip: "1" }, tags: [1, 2], gone: true };
    const after = {
      id: 1,
      name: "A",
      address: { zip: "1", city: "Malmö" },
      tags: [2, 1],
      new: null,
      _meta: {},
    };
    expect(differences(before, after)).toEqual([
      { field: "name", before: "A", after: "A", how: "same" },
      { field: "address.city", before: "Lund", after: "Malmö", how: "changed" },
      { field: "address.zip", before: "1", after: "1", how: "same" },
      { field: "tags", before: [1, 2], after: [2, 1], how: "changed" },
      { field: "gone", before: true, after: undefined, how: "onlyBefore" },
      { field: "new", before: undefined, after: null, how: "onlyAfter" },
    ]);
  });

  test("are the same whatever the order of an object's members in a list", () => {
    const [one] = differences({ rows: [{ a: 1, b: 2 }] }, { rows: [{ b: 2, a: 1 }] });
    expect(one?.how).toBe("same");
  });
});

describe("the timeline of a record", () => {
  const delivery = (id: string, created_at: string) => ({ id, created_at }) as Delivery;
  const meta = {
    ...{ version: 3, created_at: "2026-11-01T08:00:00.000Z", modified_at: "2026-11-20T08:00:00.000Z" },
    ...{ modified_by: "user:anna", actor: "account:acc_1" },
  };
  const told = [delivery("b", "2026-11-20T08:00:05.000Z"), delivery("a", "2026-11-05T08:00:00.000Z")];
  const kinds = (complete: boolean, of = meta) => timelineOf(told, of, complete).map(({ key }) => key);

  test("has the last change and the making where they belong", () => {
    expect(kinds(true)).toEqual(["b", "changed", "a", "created"]);
  });

  test("says nothing yet of times of which not all is read", () => {
    expect(kinds(false)).toEqual(["b", "changed", "a"]);
  });

  test("knows who made a record only as long as nobody has changed it", () => {
    const first = { ...meta, version: 1, modified_at: meta.created_at };
    expect(timelineOf([], first, true)).toEqual([
      { kind: "created", key: "created", at: meta.created_at, by: "user:anna", through: "account:acc_1" },
    ]);
    expect(timelineOf([], meta, true).at(-1)).toMatchObject({ kind: "created", by: undefined });
  });
});
