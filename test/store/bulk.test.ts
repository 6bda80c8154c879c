/** Records by the many come to the same as one by one. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import type { Principal } from "../../src/accounts/principal.ts";
import { type BulkItem, BulkWriter } from "../../src/records/bulk.ts";
import { RecordType } from "../../src/records/types.ts";
import { databases } from "./databases.ts";
import { makeRooms, type Rooms, type Tenant } from "./rooms.ts";

const type = new RecordType({
  ...{ name: "trainings", object: "training", key: "string", parent: null, public: [], description: "" },
  ...{ schema: { type: "object" }, filters: ["city", "price"] },
});

/** The first two are in another order by their bytes than in UTF-16. */
const NAMES = ["\uffee", "\u{1f600}", "å", "a", "b", "~", "\ud7ff", "A"];

describe.each(databases)("records by the many on %s", (kind) => {
  let rooms: Rooms;
  beforeAll(async () => {
    rooms = await makeRooms(kind);
  });
  afterAll(() => rooms.close());

  const bulkOf = ({ id, account }: Tenant) => {
    const { clientId } = account;
    const principal: Principal = {
      organisation: { id, code: "x", name: "x" },
      subject: { kind: "account", id: account.id, clientId, name: "ERP" },
      grants: [{ resource: "*", actions: ["*"] }],
    };
    return new BulkWriter({ feed: rooms.feed, clock: rooms.clock, principal, type });
  };
  const itemsOf = (bulk: BulkWriter, values: readonly unknown[]) =>
    values.map((value) => {
      const item = bulk.prepare(value);
      if ("violations" in item) throw new Error("it is no record");
      return item;
    });
  const together = (bulk: BulkWriter, items: readonly BulkItem[]) =>
    rooms.store.write((tx) => bulk.putMany(tx, items));
  const singly = (bulk: BulkWriter, items: readonly BulkItem[]) =>
    rooms.store.write(async (tx) => {
      const results = [];
      for (const item of items) results.push(await bulk.put(tx, item));
      return results;
    });
  const stored = ({ id }: Tenant) =>
    rooms.store.read((reader) =>
      reader.query(async ({ db, t }) => {
        const of = <T extends { organisationId: number }>(rows: readonly T[]) =>
          rows.filter((row) => row.organisationId === id).map(({ organisationId: _, ...row }) => row);
        return {
          records: of(await db.select().from(t.records).orderBy(t.records.key)),
          fields: of(
            await db
              .select()
              .from(t.recordFields)
              .orderBy(t.recordFields.field, t.recordFields.value, t.recordFields.key),
          ),
          changes: of(await db.select().from(t.changes).orderBy(t.changes.sequence)),
        };
      }),
    );

  test("what is there, what is new and what is the same, in any order, for many batches", async () => {
    await rooms.renew();
    const [mine, theirs] = [bulkOf(rooms.mine), bulkOf(rooms.theirs)];
    for (let batch = 0; batch < 12; batch++) {
      const size = [1, 8, 50, 51, 130][batch % 5] ?? 1;
      const ids = Array.from(
        { length: size },
        (_, i) => `${NAMES[(i * 5 + batch) % 8]}${Math.floor((i + batch) / 8)}`,
      );
      if (batch % 3 === 0) ids.sort();
      const values = [...new Set(ids)].map((id, i) => ({ id, city: NAMES[(i + batch) % 3], price: i % 4 }));
      const many = await together(mine, itemsOf(mine, values));
      expect(many).toEqual(await singly(theirs, itemsOf(theirs, values)));
    }
    const [many, one] = [await stored(rooms.mine), await stored(rooms.theirs)];
    const withoutSubject = <T extends { subject: string | null }>(rows: readonly T[]) =>
      rows.map(({ subject: _, ...row }) => row);
    expect(withoutSubject(many.records)).toEqual(withoutSubject(one.records));
    expect(many.fields).toEqual(one.fields);
    const objects = (changes: typeof many.changes) =>
      changes
        .map(({ sequence: _, subject: __, ...change }) => change)
        .toSorted((a, b) => (a.key < b.key ? -1 : 1));
    expect(objects(many.changes).filter(({ object }) => object === "training")).toEqual(
      objects(one.changes).filter(({ object }) => object === "training"),
    );
  });

  test("what changes stands in the feed before what is new, each in the order of the rows", async () => {
    await rooms.renew();
    const bulk = bulkOf(rooms.mine);
    await together(bulk, itemsOf(bulk, [{ id: "b" }, { id: "d" }]));
    await together(
      bulk,
      itemsOf(bulk, [{ id: "c" }, { id: "d", city: "Gent" }, { id: "a" }, { id: "b", city: "Gent" }]),
    );
    const { changes } = await stored(rooms.mine);
    expect(changes.filter(({ object }) => object === "training").map(({ key }) => key)).toEqual([..."dbca"]);
  });

  test("ids whose order by bytes is another than in UTF-16 are found where they are there", async () => {
    await rooms.renew();
    const bulk = bulkOf(rooms.mine);
    await together(bulk, itemsOf(bulk, [{ id: "\uffee" }]));
    expect(await together(bulk, itemsOf(bulk, [{ id: "\u{1f600}" }, { id: "\uffee" }]))).toEqual([
      { status: "created", key: "\u{1f600}" },
      { status: "unchanged", key: "\uffee" },
    ]);
  });

  test("the same one twice has to be put one by one", async () => {
    const bulk = bulkOf(rooms.mine);
    expect(await together(bulk, itemsOf(bulk, [{ id: "z" }, { id: "y" }, { id: "z" }]))).toBeUndefined();
    expect(await together(bulk, itemsOf(bulk, [{ id: "z" }, {}]))).toBeUndefined();
  });
});
