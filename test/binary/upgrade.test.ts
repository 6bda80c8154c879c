/** A database of the first release of the schema, brought up to today's; and one that is newer than the program. */
import { SQL } from "bun";
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Koppla, onPostgres, prepareKoppla, run } from "./harness.ts";
import { Partner } from "./partner.ts";
import { changesOf, TestReceiver } from "./receiver.ts";
import type { DeliveryOut, Page, RecordOut } from "./wire.ts";

const fixtures = join(import.meta.dir, "../fixtures/first-schema");
const dialect = onPostgres ? "postgres" : "sqlite";
const FIRST = "0000_spine";

interface House {
  token: string;
  client_id: string;
  takes: string;
  fails: string;
  delivered: string[];
  key: string;
}

const house = JSON.parse(readFileSync(join(fixtures, `house.${dialect}.json`), "utf8")) as House;

/** Runs SQL in a server's database while the server is stopped. */
async function sql(koppla: Koppla, text: string): Promise<void> {
  if (!onPostgres) {
    mkdirSync(join(koppla.dir, "data"), { recursive: true });
    const file = new Database(join(koppla.dir, "data/koppla.db"), { create: true });
    file.run(text);
    return file.close();
  }
  const config = JSON.parse(readFileSync(koppla.configFile, "utf8")) as { database: { url: string } };
  const client = new SQL(config.database.url, { max: 1 });
  await client.unsafe(text).simple();
  await client.close();
}

/** Nothing started, on the database of the first release. */
async function firstRelease(): Promise<Koppla> {
  const koppla = await prepareKoppla({ schema: "none" });
  await sql(koppla, readFileSync(join(fixtures, `${dialect}.sql`), "utf8"));
  mkdirSync(join(koppla.dir, "data"), { recursive: true });
  const key = join(koppla.dir, "data/koppla.key");
  writeFileSync(key, house.key);
  chmodSync(key, 0o600);
  return koppla;
}

describe("a database of the first release", () => {
  test("is told to be older, and nothing is changed by asking", async () => {
    await using koppla = await firstRelease();
    for (let asked = 0; asked < 2; asked++) {
      const told = await run(["version", "--check", koppla.configFile, "--json"]);
      expect([told.exitCode, told.stderr]).toEqual([0, ""]);
      const found = JSON.parse(told.stdout) as { kind: string; state: string; migrations: string[] };
      expect(found).toMatchObject({ kind: dialect, state: "older" });
      expect(found.migrations[0]).toBe("0001_accounts");
    }
    if (!onPostgres) expect(readdirSync(join(koppla.dir, "data"))).toEqual(["koppla.db", "koppla.key"]);
  });

  test("is upgraded at the start: tokens, records, feed and deliveries go on, secrets open", async () => {
    await using koppla = await firstRelease();
    await using sink = new TestReceiver();
    await koppla.start();
    const partner = new Partner(koppla, "demo", house.token, house.client_id);

    const trainings = await partner.read<Page<RecordOut>>("/api/v1/trainings?limit=100");
    expect(trainings.items).toHaveLength(19);
    expect(trainings.items[0]).toMatchObject({
      id: 1,
      name: "Svetsning 1",
      city: "Luleå",
      _meta: { version: 1 },
    });
    // Filters have an index that older rows are in, too.
    const filtered = await partner.read<Page<RecordOut>>("/api/v1/trainings?filter[city]=Lule%C3%A5&limit=5");
    expect(filtered.items).toHaveLength(5);
    const feed = await partner.read<Page<{ object: string; id: number; action: string }>>("/api/v1/changes");
    expect(feed.items.filter(({ object }) => object === "training")).toHaveLength(20);
    expect(feed.items.find(({ id, object }) => object === "training" && id === 20)?.action).toBe("destroy");

    // What had failed is sent to where its receiver is now, as it was frozen then.
    const before = await partner.read<Page<DeliveryOut>>(`/api/v1/deliveries?receiver=${house.fails}`);
    const outstanding = before.items.filter(({ status }) => status !== "delivered").map(({ id }) => id);
    expect(outstanding).not.toEqual([]);
    await partner.send("PATCH", `/api/v1/receivers/${house.fails}`, { url: sink.url("/fails") }, 200);
    await partner.send("PATCH", `/api/v1/receivers/${house.takes}`, { url: sink.url("/takes") }, 200);
    await sink.waitFor("what was outstanding", (all) =>
      outstanding.every((id) => all.some((one) => one.id === id)),
    );
    // A push of today goes to both.
    expect((await partner.put("/api/v1/trainings/21", { name: "Today" })).status).toBe(201);
    for (const path of ["/fails", "/takes"])
      await sink.waitFor(`training 21 at ${path}`, (all) =>
        all.some((one) => one.path === path && changesOf(one).some(({ id }) => id === 21)),
      );
    // What had arrived does not come again.
    const ids = sink.requests.map(({ id }) => id);
    expect(ids.filter((id) => house.delivered.includes(id) && !outstanding.includes(id))).toEqual([]);

    const checked = await run(["version", "--check", koppla.configFile, "--json"]);
    expect(JSON.parse(checked.stdout)).toMatchObject({
      state: "current",
      koppla: expect.any(String),
      migrations: [],
    });
  });

  test.skipIf(onPostgres)("is copied before, and the copy can be restored", async () => {
    await using koppla = await firstRelease();
    expect((await koppla.cli("organisation", "list")).stdout).toBe("demo\tDemo\n");
    const copy = join(koppla.dir, `data/koppla.db.before-upgrade-from-${FIRST}`);
    expect(existsSync(copy)).toBeTrue();
    const told = await run(["version", "--check", copy, "--json"]);
    expect(JSON.parse(told.stdout)).toMatchObject({ kind: "sqlite", state: "older", koppla: null });

    await using second = await prepareKoppla();
    const restored = await second.cli("restore", copy);
    expect([restored.exitCode, restored.stdout]).toEqual([0, expect.stringContaining("Restored")]);
    expect(restored.stderr).toContain("put the key file of that time at");
    writeFileSync(join(second.dir, "data/koppla.key"), house.key, { mode: 0o600 });
    await second.start();
    const partner = new Partner(second, "demo", house.token, house.client_id);
    expect((await partner.read<Page<RecordOut>>("/api/v1/trainings?limit=100")).items).toHaveLength(19);
  });
});

test("what is neither a configuration, a database nor a backup is not shown", async () => {
  await using koppla = await firstRelease();
  const told = await run(["version", "--check", join(koppla.dir, "data/koppla.key")]);
  expect([told.exitCode, told.stdout]).toEqual([1, ""]);
  expect(told.stderr).toContain("is no koppla.yaml, no database and no backup");
  expect(told.stderr).not.toContain(house.key.trim());
});

test("a database that is newer is refused, with the version it needs and the way back", async () => {
  await using koppla = await firstRelease();
  expect((await koppla.cli("organisation", "list")).exitCode).toBe(0);
  await sql(
    koppla,
    "insert into koppla_migrations (name, hash, applied_at) values ('9999_future', 'x', 1);" +
      "insert into koppla_releases (migration, version) values ('9999_future', '9.9.9');",
  );
  const refused = await koppla.cli("organisation", "list");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("9999_future");
  expect(refused.stderr).toContain("Start koppla 9.9.9 or one that is newer");
  expect(refused.stderr).toContain(
    onPostgres
      ? "restore the backup made before the upgrade"
      : `koppla restore ${koppla.dir}/data/koppla.db.before-upgrade-from-${FIRST}`,
  );
  const told = await run(["version", "--check", koppla.configFile]);
  expect([told.exitCode, told.stdout]).toEqual([
    1,
    expect.stringContaining("made by a newer version, koppla 9.9.9"),
  ]);
});
