/** The feed for partners that cannot be reached: cursor, long poll, server-sent events. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { type ChangeItem, expectProblem, type Page, readPages } from "./wire.ts";

let koppla: Koppla;

beforeAll(async () => {
  koppla = await startKoppla();
});
afterAll(() => koppla.dispose());

const changes = (partner: Partner, query = "") => partner.read<Page<ChangeItem>>(`/api/v1/changes${query}`);
const put = async (partner: Partner, id: number, name: string, type = "trainings") => {
  const response = await partner.put(`/api/v1/${type}/${id}`, { name });
  expect(response.ok).toBeTrue();
};

/** Everything after `since`, and the cursor from which to go on. */
async function readFrom(partner: Partner, since: string | null): Promise<[ChangeItem[], string]> {
  const items: ChangeItem[] = [];
  let cursor = since;
  for (;;) {
    const page = await changes(partner, cursor === null ? "" : `?since=${encodeURIComponent(cursor)}`);
    items.push(...page.items);
    if (page.next_cursor !== null) cursor = page.next_cursor;
    if (page.items.length === 0) return [items, cursor ?? ""];
  }
}

describe("polling", () => {
  test("gives each object's latest change once, in ever-growing sequence, with the fields of the contract", async () => {
    const partner = await koppla.partner("poll");
    await put(partner, 1, "a");
    await put(partner, 2, "b");
    await put(partner, 1, "a2");
    const [items] = await readFrom(partner, null);
    expect(items.map(({ id }) => id)).toEqual([2, 1]);
    expect(items[1]).toMatchObject({
      topic: "Trainings.Update",
      action: "update",
      object: "training",
      id: 1,
      url: "https://koppla.example/api/v1/trainings/1",
    });
    expect(items[1]?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(items[1]?.sequence).toBeGreaterThan(items[0]?.sequence ?? Infinity);
  });

  test("goes on from its cursor: nothing twice, nothing missed, a removal as destroy without url", async () => {
    const partner = await koppla.partner("poll-on");
    await put(partner, 1, "a");
    await put(partner, 2, "b");
    const [, cursor] = await readFrom(partner, null);
    expect((await readFrom(partner, cursor))[0]).toEqual([]);
    await partner.delete("/api/v1/trainings/1");
    await put(partner, 3, "c");
    const [items, next] = await readFrom(partner, cursor);
    expect(items.map(({ id, action, url }) => [id, action, url === undefined])).toEqual([
      [1, "destroy", true],
      [3, "update", false],
    ]);
    expect((await readFrom(partner, next))[0]).toEqual([]);
  });

  test("pages through a long feed with no gap and no repeat", async () => {
    const partner = await koppla.partner("poll-pages");
    const list = Array.from({ length: 1100 }, (_, id) => ({ id, name: "n" }));
    await partner.send("POST", "/api/v1/trainings", list, 200);
    const [items] = await readFrom(partner, null);
    expect(items.map(({ id }) => Number(id)).sort((a, b) => a - b)).toEqual(list.map(({ id }) => id));
    const sequences = items.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  });

  test("shows only the topics asked for; Trainings.* and * match", async () => {
    const partner = await koppla.partner("poll-topics");
    await put(partner, 1, "t");
    await put(partner, 2, "i", "institutes");
    await put(partner, 3, "gone");
    await partner.delete("/api/v1/trainings/3");
    const ids = async (topics: string) =>
      (await changes(partner, `?topics=${topics}`)).items.map(({ id }) => Number(id)).sort();
    expect(await ids("Trainings.Update")).toEqual([1]);
    expect(await ids("Trainings.Destroy")).toEqual([3]);
    expect(await ids("Trainings.*")).toEqual([1, 3]);
    expect(await ids("Institutes.Update")).toEqual([2]);
    expect(await ids("Institutes.Update,Trainings.Destroy")).toEqual([2, 3]);
    expect(await ids("*")).toEqual([1, 2, 3]);
  });

  test("shows an organisation only its own", async () => {
    const [one, two] = [await koppla.partner("poll-own"), await koppla.partner("poll-other")];
    await put(one, 1, "mine");
    expect((await changes(two)).items).toEqual([]);
  });

  test("refuses a cursor that is none, with 400 or 422", async () => {
    for (const since of ["garbage", "-1", "1e9", "..", "9".repeat(400), "💥"])
      await expectProblem(
        await koppla.demo.get(`/api/v1/changes?since=${encodeURIComponent(since)}`),
        [400, 422],
      );
  });
});

describe("a long poll", () => {
  test("answers as soon as something changes", async () => {
    const partner = await koppla.partner("long");
    const [, cursor] = await readFrom(partner, null);
    const since = encodeURIComponent(cursor);
    const started = performance.now();
    const waiting = changes(partner, `?since=${since}&wait=20`);
    // Another request through the same server is answered first, so that the poll is surely waiting.
    await changes(partner);
    await put(partner, 1, "now");
    const page = await waiting;
    expect(page.items.map(({ id }) => id)).toEqual([1]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("is not woken by other topics or another organisation, and ends empty at its time", async () => {
    const [partner, other] = [await koppla.partner("long-topics"), await koppla.partner("long-others")];
    const [, cursor] = await readFrom(partner, null);
    const started = performance.now();
    const waiting = changes(partner, `?since=${encodeURIComponent(cursor)}&wait=1&topics=Institutes.Update`);
    await put(partner, 1, "not asked for");
    await put(other, 1, "not yours", "institutes");
    expect((await waiting).items).toEqual([]);
    expect(performance.now() - started).toBeGreaterThan(900);
  });

  test("with changes already there answers at once", async () => {
    const partner = await koppla.partner("long-now");
    await put(partner, 1, "there");
    const started = performance.now();
    expect((await changes(partner, "?wait=20")).items.length).toBe(1);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

interface ServerSentEvent {
  id: string;
  event: string;
  data: string;
}

/** Reads events until `enough` says so, then hangs up. */
async function readEvents(
  partner: Partner,
  query: string,
  headers: Record<string, string>,
  onOpen: () => Promise<void>,
  enough: (events: ServerSentEvent[]) => boolean,
): Promise<ServerSentEvent[]> {
  const hangUp = new AbortController();
  const response = await partner.api(`/api/v1/changes/stream${query}`, {
    headers: { accept: "text/event-stream", ...headers },
    signal: hangUp.signal,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toStartWith("text/event-stream");
  const events: ServerSentEvent[] = [];
  const decoder = new TextDecoder();
  let rest = "";
  const opened = onOpen();
  for await (const chunk of response.body ?? []) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event) events.push(event);
    }
    if (enough(events)) break;
  }
  await opened;
  hangUp.abort();
  return events;
}

function parseEvent(block: string): ServerSentEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const [, name, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) fields.set(name, value ?? "");
  }
  const data = fields.get("data");
  return data === undefined
    ? undefined
    : { data, id: fields.get("id") ?? "", event: fields.get("event") ?? "message" };
}

const idsOf = (events: ServerSentEvent[]) =>
  events.map(({ data }) => {
    const item: ChangeItem = JSON.parse(data);
    return Number(item.id);
  });

describe("the event stream", () => {
  test("sends changes as they happen and resumes after Last-Event-ID", async () => {
    const partner = await koppla.partner("sse");
    await put(partner, 1, "before");
    const first = await readEvents(
      partner,
      `?since=${encodeURIComponent((await readFrom(partner, null))[1])}`,
      {},
      async () => {
        await put(partner, 2, "live");
        await put(partner, 3, "live");
      },
      (events) => events.length === 2,
    );
    expect(idsOf(first)).toEqual([2, 3]);
    await put(partner, 4, "while away");
    const resumed = await readEvents(
      partner,
      "",
      { "last-event-id": first[0]?.id ?? "" },
      () => put(partner, 5, "live again"),
      (events) => idsOf(events).includes(5),
    );
    expect(idsOf(resumed)).toEqual([3, 4, 5]);
  });

  test("obeys topics", async () => {
    const partner = await koppla.partner("sse-topics");
    const events = await readEvents(
      partner,
      "?topics=Institutes.Update",
      {},
      async () => {
        await put(partner, 1, "no");
        await put(partner, 2, "yes", "institutes");
      },
      (all) => all.length > 0,
    );
    expect(idsOf(events)).toEqual([2]);
  });

  test("refuses a garbage Last-Event-ID before it begins", async () => {
    const response = await koppla.demo.get("/api/v1/changes/stream", { "last-event-id": "garbage" });
    await expectProblem(response, [400, 422]);
  });
});

test("concurrent pushes never let a poller pass a change: following the cursor sees every object", async () => {
  const partner = await koppla.partner("no-gap");
  const total = 600;
  const seen = new Set<number>();
  let cursor = "";
  const follow = async () => {
    while (seen.size < total) {
      const since = cursor === "" ? "" : `since=${encodeURIComponent(cursor)}&`;
      const page = await changes(partner, `?${since}wait=10`);
      if (page.items.length === 0) break;
      for (const { id } of page.items) seen.add(Number(id));
      if (page.next_cursor !== null) cursor = page.next_cursor;
    }
  };
  const write = async (worker: number) => {
    for (let id = worker; id < total; id += 12) await put(partner, id, "w");
  };
  await Promise.all([follow(), ...Array.from({ length: 12 }, (_, worker) => write(worker))]);
  expect(seen.size).toBe(total);
});

test("the last page's cursor is good for ever: paging never needs to start over", async () => {
  const partner = await koppla.partner("cursor-kept");
  await put(partner, 1, "x");
  const pages = await readPages((path) => partner.read<Page<ChangeItem>>(path), "/api/v1/trainings", 1);
  expect(pages.flat().length).toBe(1);
  const [, cursor] = await readFrom(partner, null);
  expect(cursor).not.toBe("");
});
