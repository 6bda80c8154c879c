import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import iconv from "iconv-lite";

import { databases } from "./databases.ts";
import { fileHouse, ndjson } from "./files.ts";
import { until } from "./nodes.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

const rows = (count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => ({ id: i + from, name: `Training ${i + from}` }));

describe.each(databases)("imports on %s", (kind) => {
  let rooms: Rooms;
  let house: ReturnType<typeof fileHouse>;

  beforeAll(async () => {
    rooms = await makeRooms(kind);
  });
  beforeEach(async () => {
    await rooms.renew();
    house = fileHouse(rooms);
  });
  afterAll(() => rooms.close());

  test("bring in what is new and what is different, and leave alone what is the same", async () => {
    await house.run(ndjson(rows(3)));
    const changed = [
      { id: 1, name: "Training 1" },
      { id: 2, name: "Other" },
      { id: 9, name: "New" },
    ];
    expect(await house.run(ndjson(changed))).toMatchObject({
      ...{ kind: "trainings.import", status: "SUCCESS", progress: { done: 3, total: 3 } },
      message: "1 created, 1 updated, 1 unchanged.",
      result: { rows: 3, created: 1, updated: 1, unchanged: 1, rejected: 0 },
    });
    expect(await house.all()).toEqual([
      ["1", { name: "Training 1" }],
      ["2", { name: "Other" }],
      ["3", { name: "Training 3" }],
      ["9", { name: "New" }],
    ]);
    expect(await house.changes()).toEqual([
      "Trainings.Update 1",
      "Trainings.Update 3",
      "Trainings.Update 2",
      "Trainings.Update 9",
    ]);
  });

  test.each(["none", "gzip", "zstd"] as const)("read every format, packed by %s", async (packing) => {
    const pack = {
      none: (text: string) => Buffer.from(text),
      gzip: Bun.gzipSync,
      zstd: Bun.zstdCompressSync,
    }[packing];
    const want = [
      ["1", { name: 'Å "q"', city: "Gent", price: 1.5 }],
      ["2", { name: "B", price: null }],
    ];
    const json = [
      { id: 1, name: 'Å "q"', city: "Gent", price: 1.5 },
      { id: 2, name: "B", price: null },
    ];
    const csv = 'id,name,city,price\r\n1,"Å ""q""",Gent,1.5\r\n2,B,,\r\n';
    await house.run(pack(ndjson(json)));
    expect(await house.all()).toEqual(want as never);
    for (const [format, text] of [
      ["json", JSON.stringify(json, null, 1)],
      ["csv", csv],
    ] as const) {
      const operation = await house.run(pack(text), { format });
      expect(operation.result).toEqual({ rows: 2, created: 0, updated: 0, unchanged: 2, rejected: 0 });
    }
  });

  test("of a parent are told of as one change of it, and what was another's as its own", async () => {
    for (const id of [7, 8])
      await house.records.create(house.principal(), house.institutes, { id, name: "I" });
    await house.run(ndjson([{ id: 5, name: "moves", institute_id: 8 }]));
    const before = await house.changes();
    const operation = await house.run(ndjson([...rows(3), { id: 5, name: "moves" }]), { parent: "7" });
    expect(operation.status).toBe("SUCCESS");
    expect((await house.changes()).filter((change) => !before.includes(change))).toEqual([
      "Institutes.Import 7",
    ]);
    expect((await house.changes()).slice(-2)).toEqual(["Trainings.Update 5", "Institutes.Import 7"]);
    expect((await house.all()).map(([, data]) => data["institute_id"])).toEqual([7, 7, 7, 7]);
    const other = await house.run(ndjson([{ id: 1, name: "x", institute_id: 8 }]), { parent: "7" });
    expect(other).toMatchObject({ status: "ERROR", result: { line: 1 } });
    await expect(house.start("{}", { parent: "9" })).rejects.toMatchObject({ code: "invalid" });
  });

  test("that replace remove what is not in the file: of a parent, only what is its own", async () => {
    for (const id of [7, 8])
      await house.records.create(house.principal(), house.institutes, { id, name: "I" });
    await house.run(ndjson(rows(300)), { parent: "7" });
    await house.run(ndjson(rows(2, 1_001)), { parent: "8" });
    const operation = await house.run(ndjson([...rows(1), { name: "no id" }]), {
      parent: "7",
      mode: "replace",
    });
    expect(operation).toMatchObject({
      status: "SUCCESS",
      result: { created: 1, unchanged: 1, removed: 299 },
    });
    expect((await house.all()).map(([id]) => id)).toEqual(["1", "1001", "1002", "1003"]);
    const keys = await rooms.store.read((reader) =>
      reader.query(({ db, t }) => db.select().from(t.importKeys)),
    );
    expect(keys).toEqual([]);
    expect((await house.changes()).filter((change) => change.startsWith("Trainings.Destroy"))).toHaveLength(
      299,
    );
  });

  test("that replace remove nothing where a row cannot be told from others, and keep rows that are wrong", async () => {
    await house.run(ndjson(rows(3)));
    const wrong = await house.run(ndjson([{ id: 1, name: "" }]), { mode: "replace", onError: "skip" });
    expect(wrong).toMatchObject({ status: "SUCCESS", result: { rejected: 1, removed: 2 } });
    const nameless = await house.run('{"id":"x","name":"a"}\n', { mode: "replace", onError: "skip" });
    expect(nameless).toMatchObject({ result: { rejected: 1, removed: 0 } });
    expect(nameless.message).toContain("Nothing was removed");
    expect((await house.all()).map(([id]) => id)).toEqual(["1"]);
  });

  test("go on after a stop in the middle: every row once, one change of the parent", async () => {
    await house.records.create(house.principal(), house.institutes, { id: 7, name: "I" });
    const many = Array.from({ length: 3_000 }, (_, i) => ({ name: `without an id ${i}` }));
    const { id } = await house.start(ndjson(many), { parent: "7", mode: "replace" });
    let stops = 0;
    for (let done = 0; done < many.length; stops++) {
      const running = house.runner();
      await running.start();
      const from = done;
      await until("it has come further", async () => {
        const operation = await house.operations.get(rooms.mine.id, id, "all");
        done = operation.progress.done;
        return done > from || operation.status !== "IN_PROGRESS";
      });
      await running.stop();
    }
    expect(stops).toBeGreaterThan(1);
    expect(await house.followed(house.operations.get(rooms.mine.id, id, "all"))).toMatchObject({
      ...{ status: "SUCCESS", result: { rows: 3_000, created: 3_000, removed: 0 } },
    });
    expect(new Set((await house.all()).map(([, { name }]) => name)).size).toBe(3_000);
    expect(await house.all()).toHaveLength(3_000);
    expect((await house.changes()).filter((change) => change === "Institutes.Import 7")).toHaveLength(1);
    expect(house.errors).toEqual([]);
  });

  test("that are cancelled end with what they have done, and their file goes", async () => {
    const { id } = await house.start(ndjson(rows(20_000)));
    const running = house.runner();
    await running.start();
    await until(
      "it has begun",
      async () => (await house.operations.get(rooms.mine.id, id, "all")).progress.done > 0,
    );
    await house.operations.cancel(rooms.mine.by, id, "all");
    const operation = await house.ended(id);
    expect(operation).toMatchObject({ status: "ERROR", result: { cancelled: true } });
    expect(operation.message).toStartWith("It was cancelled by shell. ");
    expect(operation.result?.["created"]).toBe((await house.all()).length);
    expect(operation.progress.done).toBeLessThan(20_000);
    await house.blobs.sweeper.sweep();
    expect(await house.blobs.find(`import:${id}`)).toBeUndefined();
    await running.stop();
  });

  test("obey grants that are limited to some records", async () => {
    const grants = [
      { resource: "trainings", actions: ["read", "write"] as const, where: { city: ["Gent"] } },
    ];
    const limited = house.principal(grants.map((grant) => ({ ...grant, actions: [...grant.actions] })));
    const file = ndjson([
      { id: 1, name: "a", city: "Gent" },
      { id: 2, name: "b", city: "Malmö" },
    ]);
    const operation = await house.run(file, { onError: "skip" }, limited);
    expect(operation.result).toMatchObject({ created: 1, rejected: 1 });
    await expect(house.start(file, { mode: "replace" }, limited)).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(house.start(file, {}, house.principal([]))).rejects.toMatchObject({ code: "forbidden" });
  });

  describe("bad input", () => {
    const csv = (text: string | Uint8Array, more = {}) =>
      house.run(text, { format: "csv", onError: "skip", ...more });

    test("a CSV file with a wrong header is refused as a whole, naming each column", async () => {
      const operation = await csv("id,nmae,citi\n1,a,b\n");
      expect(operation).toMatchObject({ status: "ERROR", result: { rows: 0, rejected: 0 } });
      expect(operation.result?.["violations"]).toEqual([
        { field: "nmae", message: "is not a field of this type" },
        { field: "citi", message: 'is not a field of this type; did you mean "city"?' },
        { field: "name", message: "is required, and there is no column for it" },
      ]);
      const mapped = await csv("Nr,Titel,Ort\n1,a,b\n", { map: { Nr: "id", Titel: "name", Ort: "" } });
      expect(mapped).toMatchObject({ status: "SUCCESS", result: { created: 1 } });
      expect(await house.all()).toEqual([["1", { name: "a" }]]);
      expect((await csv("id,name,Name\n1,a,b\n")).message).toContain("same field");
      expect((await csv("id,name\n1,a\n", { map: { Nr: "id" } })).message).toContain("no column of the file");
    });

    test("ragged rows of a CSV file are rejected with their lines, the others come in", async () => {
      const operation = await csv("id,name\n1,a\n2\n3,b,c\n\n4,d\n");
      expect(operation).toMatchObject({ status: "SUCCESS", result: { created: 2, rejected: 2 } });
      expect(await house.refusals(operation.id)).toEqual([
        [3, "", "has 1 values where the header has 2"],
        [4, "", "has 3 values where the header has 2"],
      ]);
    });

    test("quotes in a CSV file: over lines, doubled, and broken ones, which end it", async () => {
      const good = await csv('id,name\n1,"two\nlines, ""q"""\n2,b\n');
      expect(good).toMatchObject({ status: "SUCCESS", result: { created: 2, rejected: 0 } });
      expect((await house.all())[0]).toEqual(["1", { name: 'two\nlines, "q"' }]);
      const broken = await csv('id,name\n3,"c\nc"\n4,"broken" quote\n5,d\n');
      expect(broken).toMatchObject({ status: "ERROR" });
      expect(broken.message).toContain("broken in line 4: something follows a closing quote");
      expect((await csv('id,name\n1,a"b\n')).message).toContain("line 2: there is a quote inside of a value");
      expect((await csv('id,name\n1,"never closed\n')).message).toContain("a quote is not closed");
    });

    test("a NUL is rejected, in CSV and in JSON", async () => {
      const operation = await csv("id,name\n1,a\0b\n2,c\n");
      expect(await house.refusals(operation.id)).toEqual([[2, "", "has a NUL, which is no text"]]);
      const json = await house.run('{"id":1,"name":"a\0b"}\n{"id":2,"name":"c"}\n', { onError: "skip" });
      expect(await house.refusals(json.id)).toEqual([[1, "", "is not JSON: it has a NUL"]]);
    });

    test("a byte order mark is none of the first column's name, nor of the first record", async () => {
      for (const format of ["csv", "ndjson", "json"] as const) {
        const text = {
          csv: "id,name\n1,a\n",
          ndjson: '{"id":1,"name":"a"}\n',
          json: '[{"id":1,"name":"a"}]',
        }[format];
        expect(await house.run(`\ufeff${text}`, { format })).toMatchObject({
          status: "SUCCESS",
          result: { rows: 1 },
        });
      }
    });

    test("UTF-16 is read with its mark or its name, and refused without", async () => {
      const text = "id;name\n1;Malmö\n";
      const marked = iconv.encode(text, "utf-16le", { addBOM: true });
      expect(await csv(marked)).toMatchObject({ status: "SUCCESS", result: { created: 1 } });
      expect(await csv(iconv.encode(text, "utf-16be", { addBOM: true }))).toMatchObject({
        result: { unchanged: 1 },
      });
      const bare = iconv.encode(text, "utf-16le", { addBOM: false });
      expect(await csv(bare, { encoding: "utf-16le" })).toMatchObject({ result: { unchanged: 1 } });
      expect((await csv(bare)).message).toContain("is not UTF-8");
      expect((await csv(iconv.encode(text, "windows-1252"))).message).toContain("encoding=windows-1252");
      expect(await csv(iconv.encode(text, "windows-1252"), { encoding: "windows-1252" })).toMatchObject({
        result: { unchanged: 1 },
      });
      const json = await house.run(iconv.encode('{"id":1,"name":"a"}', "utf-16le", { addBOM: true }));
      expect(json).toMatchObject({ status: "ERROR" });
      expect(json.message).toContain("not UTF-8");
    });

    test("a gzip file that ends too early is told as such; what came before stays", async () => {
      const whole = Bun.gzipSync(ndjson(rows(5_000)));
      const operation = await house.run(whole.subarray(0, whole.length / 2));
      expect(operation).toMatchObject({ status: "ERROR" });
      expect(operation.message).toContain("it ends before its end");
      expect(operation.result?.["created"]).toBe((await house.all()).length);
      const spoilt = Uint8Array.from(whole);
      spoilt.fill(0x55, 200, 400);
      expect((await house.run(spoilt)).message).toContain("no whole gzip file");
    });

    test("a zip bomb is stopped where it has unpacked to more than is allowed", async () => {
      house = fileHouse(rooms, { unpacked: 2_000_000 });
      const line = `${JSON.stringify({ id: 1, name: "a" })}\n`;
      const bomb = Bun.gzipSync(line + " ".repeat(30_000_000));
      expect(bomb.byteLength).toBeLessThan(40_000);
      const operation = await house.run(bomb);
      expect(operation).toMatchObject({ status: "ERROR" });
      expect(operation.message).toContain("more than 2000000 bytes unpacked");
    });

    test("a file that is too large, empty, or packed twice is refused", async () => {
      house = fileHouse(rooms, { size: 5_000 });
      await expect(house.start("x".repeat(5_001))).rejects.toMatchObject({ code: "too_large" });
      await expect(house.start("")).rejects.toMatchObject({ code: "invalid" });
      const twice = Bun.gzipSync(Bun.gzipSync(ndjson(rows(1))));
      expect(await house.run(twice)).toMatchObject({ status: "ERROR", result: { rejected: 1 } });
    });

    test.each([
      ["", "The file is empty"],
      ["{}", "does not begin as a JSON list"],
      ['[{"id":1,"name":"a"}', "ends in the middle"],
      ['[{"id":1,"name":"a"}] x', "Something follows"],
    ])("the list %j is told to be none", async (text, message) => {
      if (text === "") await expect(house.start(text, { format: "json" })).rejects.toThrow(message);
      else expect((await house.run(text, { format: "json" })).message).toContain(message);
    });

    test("what is no record is rejected row by row, with its line", async () => {
      const lines = [
        '{"id":1,"name":"a"}',
        "[1]",
        "nope",
        '{"id":1.5,"name":"a"}',
        '{"name":7,"other":1}',
        '{"id":2,"__proto__":1,"name":"a"}',
      ];
      const operation = await house.run(lines.join("\n"), { onError: "skip" });
      expect(operation.result).toMatchObject({ created: 1, rejected: 5 });
      const places = (await house.refusals(operation.id)).map(([line, field]) => `${line} ${field}`);
      expect(places.sort()).toEqual(["2 ", "3 ", "4 id", "5 name", "5 other", "6 __proto__"]);
    });
  });

  test.each(["stop", "skip"] as const)(
    "a violation far down in the file, with on_error=%s",
    async (onError) => {
      const many: { id: number; name: string }[] = rows(3_000);
      many[2_499] = { id: 2_500, name: "" };
      const operation = await house.run(ndjson(many), { onError });
      if (onError === "stop") {
        expect(operation).toMatchObject({
          status: "ERROR",
          result: { created: 2_499, rejected: 1, line: 2_500 },
        });
        expect(operation.message).toStartWith("It stopped at line 2500, which is wrong.");
      } else expect(operation).toMatchObject({ status: "SUCCESS", result: { created: 2_999, rejected: 1 } });
      expect(await house.refusals(operation.id)).toEqual([
        [2_500, "name", "must NOT have fewer than 1 characters"],
      ]);
    },
  );
});
