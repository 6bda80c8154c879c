/** Reads beside the event loop. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";

import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";
import { type Params, statement } from "../../src/store/statement.ts";
import type { Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";

const mark = statement(({ db, t }, p: Params<{ type: string; indexed: string }>) =>
  db.insert(t.searchTypes).values({ type: p.type, indexed: p.indexed }),
);
const marks = statement(({ db, t }) => db.select().from(t.searchTypes));
const broken = statement(({ db, t }, p: Params<{ text: string }>) =>
  db
    .select({ type: t.searchTypes.type })
    .from(t.searchTypes)
    .where(sql`nothing_is_called_so = ${p.text}`),
);

/** Takes half a second or more on either database. */
const slow = statement(({ db, t }) =>
  db
    .select({
      last: sql<number>`(with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000000)
        select max(i) from n)`,
    })
    .from(t.searchTypes),
);

describe.each(databases)("reads beside the event loop on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;

  beforeEach(async () => {
    database = await makeDatabase(kind, "normal");
    store = await openStore(database.options, systemClock);
  });
  afterEach(async () => {
    await store.close();
    await database.remove();
  });

  test("see what was acknowledged before they were asked", async () => {
    for (let i = 0; i < 20; i++) {
      await store.write((tx) => tx.run(mark, { type: `t${String(i).padStart(2, "0")}`, indexed: "x" }));
      const rows = await store.readAside((reader) => reader.run(marks, {}));
      expect(rows).toHaveLength(i + 1);
      expect(rows.at(-1)).toEqual({ type: `t${String(i).padStart(2, "0")}`, indexed: "x" });
    }
  });

  test("that fail do so alone", async () => {
    const failing = store.readAside((reader) => reader.run(broken, { text: "x" }));
    const other = store.readAside((reader) => reader.run(marks, {}));
    await expect(failing).rejects.toThrow(/nothing_is_called_so/);
    expect(await other).toEqual([]);
    expect(await store.readAside((reader) => reader.run(marks, {}))).toEqual([]);
  });

  test("wait for no long one, and are right beside them", async () => {
    await store.write((tx) => tx.run(mark, { type: "one", indexed: "x" }));
    const ended: string[] = [];
    const long = store.readAside(async (reader) => {
      await reader.runLong(1, slow, {});
      ended.push("long");
    });
    await store.write((tx) => tx.run(mark, { type: "other", indexed: "x" }));
    for (let i = 0; i < 20; i++)
      expect(await store.readAside((reader) => reader.run(marks, {}))).toHaveLength(2);
    ended.push("twenty others");
    await long;
    expect(ended).toEqual(["twenty others", "long"]);
  });

  test("are answered before the store is closed", async () => {
    const reads = Array.from({ length: 20 }, () => store.readAside((reader) => reader.run(marks, {})));
    await store.close();
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 20 }, () => []));
  });

  test.skipIf(kind === "postgres")(
    "are refused where too many wait, and possible again afterwards",
    async () => {
      const reads = Array.from({ length: 300 }, () => store.readAside((reader) => reader.run(marks, {})));
      const results = await Promise.allSettled(reads);
      const refused = results.filter((result) => result.status === "rejected");
      expect(refused).toHaveLength(100);
      for (const { reason } of refused) expect(reason).toMatchObject({ code: "unavailable", status: 503 });
      expect(await store.readAside((reader) => reader.run(marks, {}))).toEqual([]);
    },
  );
});
