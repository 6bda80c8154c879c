/** Whole lists in one answer: NDJSON, CSV, and compression. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import type { Page, PushResult, RecordOut } from "./wire.ts";

let koppla: Koppla;

beforeAll(async () => {
  koppla = await startKoppla();
});
afterAll(() => koppla.dispose());

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const push = (partner: Partner, type: string, list: unknown[], query = "") =>
  partner.send<PushResult>("POST", `/api/v1/${type}${query}`, list, 200);

describe("a stream", () => {
  test("of NDJSON and of CSV has every record, and CSV quotes what must be quoted", async () => {
    const partner = await koppla.partner("streams");
    const names = ["plain", 'with "quotes"', "with, comma", "two\nlines", "åäö ☃", " spaces "];
    await push(
      partner,
      "trainings",
      range(1, 1500).map((id) => ({ id, name: names[id % names.length], institute_id: id })),
    );

    const ndjson = await partner.get("/api/v1/trainings", { accept: "application/x-ndjson" });
    expect(ndjson.headers.get("content-type")).toStartWith("application/x-ndjson");
    const lines = (await ndjson.text()).trimEnd().split("\n");
    const records = lines.map((line): RecordOut => JSON.parse(line));
    expect(records.map(({ id }) => Number(id))).toEqual(range(1, 1500));
    expect(records[2]).toEqual(await partner.read<RecordOut>("/api/v1/trainings/3"));

    const csv = await partner.get("/api/v1/trainings", { accept: "text/csv" });
    expect(csv.headers.get("content-type")).toStartWith("text/csv");
    const [head = [], ...rows] = parseCsv(await csv.text());
    expect(rows.length).toBe(1500);
    const nameAt = head.indexOf("name");
    const idAt = head.indexOf("id");
    expect(rows.map((row) => row[idAt])).toEqual(range(1, 1500).map(String));
    expect(rows.map((row) => row[nameAt])).toEqual(range(1, 1500).map((id) => names[id % names.length]));
  });

  test("of CSV leaves numbers as they are, and text that a spreadsheet would run is quoted", async () => {
    const partner = await koppla.partner("streams-numbers");
    await push(partner, "trainings", [{ id: -7, name: "=1+1", price: -1.5 }]);
    const csv = await partner.get("/api/v1/trainings", { accept: "text/csv" });
    const [head = [], row = []] = parseCsv(await csv.text());
    const cells = ["id", "price", "name"].map((name) => row[head.indexOf(name)]);
    expect(cells).toEqual(["-7", "-1.5", "'=1+1"]);
  });

  test("obeys filters", async () => {
    const partner = await koppla.partner("streams-filter");
    await push(
      partner,
      "trainings",
      range(1, 30).map((id) => ({ id, name: "n", institute_id: id % 2 })),
    );
    const response = await partner.get("/api/v1/trainings?filter[institute_id]=1", {
      accept: "application/x-ndjson",
    });
    expect((await response.text()).trimEnd().split("\n").length).toBe(15);
  });
});

/** RFC 4180, enough for reading back what was written. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (const line of text.replace(/^\ufeff/, "").matchAll(/(?:"(?:[^"]|"")*"|[^"\n])+(?=\n|$)/g)) {
    const cells = line[0].replace(/\r$/, "").matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
    rows.push(Array.from(cells, ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? ""));
  }
  return rows;
}

test("a body over the size of one page is compressed when the caller can read that", async () => {
  const partner = await koppla.partner("compression");
  await push(
    partner,
    "trainings",
    range(1, 500).map((id) => ({ id, name: "the same name again and again" })),
  );
  const response = await fetch(`${koppla.url}/api/v1/trainings?limit=500`, {
    headers: { authorization: `Bearer ${partner.token}`, "accept-encoding": "gzip" },
    decompress: false,
  });
  expect(response.headers.get("content-encoding")).toBe("gzip");
  expect(response.headers.get("vary")?.toLowerCase()).toContain("accept-encoding");
  const packed = await response.arrayBuffer();
  const page: Page<RecordOut> = JSON.parse(new TextDecoder().decode(Bun.gunzipSync(packed)));
  expect(page.items.length).toBe(500);
});
