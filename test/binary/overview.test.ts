/** The overview and its stream, and what is told of the server itself: of the binary. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { hostname } from "node:os";

import { eventually } from "./eventually.ts";
import { type Koppla, onPostgres, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";

interface Overview {
  at: string;
  minutes: { at: string; delivered: number; failed: number; attempts: number; p50_ms: number | null }[];
  totals: { pending: number; retrying: number; failed_24h: number; delivered_24h: number };
  receivers: { id: string; state: string; backlog: number; success_rate_1h: number | null }[];
  operations: { id: string }[];
  database: { kind: string; bytes: number } | null;
}

let koppla: Koppla;
beforeAll(async () => {
  koppla = await startKoppla({ config: { server: { public_url: "https://koppla.test" } } });
});
afterAll(() => koppla.dispose());

const overviewOf = (partner: Partner) => partner.read<Overview>("/api/v1/overview");
const sum = ({ minutes }: Overview, of: "delivered" | "failed" | "attempts") =>
  minutes.reduce((all, minute) => all + minute[of], 0);

const quick = { bundle: { quiet: "0ms", longest: "0ms", size: 1 }, retry: { steps: ["1h"], then: "fail" } };

/** The overviews of a stream, as they come. */
async function* eventsOf(response: Response): AsyncGenerator<Overview> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    text += next.value;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = /^event: overview\ndata: (.*)$/s.exec(event)?.[1];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}

describe("the overview", () => {
  test("tells of attempts, of what waits, of receivers that fail before others, and of operations", async () => {
    const partner = await koppla.partner("overview");
    await using sink = new TestReceiver({ answer: (_, { path }) => (path === "/bad" ? 500 : 204) });
    const good = await createReceiver(partner, sink.url("/good"), quick);
    const bad = await createReceiver(partner, sink.url("/bad"), quick);
    expect((await overviewOf(partner)).receivers.map(({ state }) => state)).toEqual(["idle", "idle"]);
    await put(partner, "trainings/1", { name: "n" });
    const shown = await eventually("the attempts are not counted", async () => {
      const now = await overviewOf(partner);
      return sum(now, "attempts") >= 2 && now.totals.retrying >= 1 ? now : undefined;
    });
    expect([sum(shown, "delivered"), sum(shown, "failed")]).toEqual([1, 1]);
    expect(shown.minutes).toHaveLength(60);
    expect(shown.totals).toEqual({ pending: 0, retrying: 1, failed_24h: 0, delivered_24h: 1 });
    expect(shown.receivers).toEqual([
      expect.objectContaining({ id: bad.id, state: "failing", backlog: 1, success_rate_1h: 0 }),
      expect.objectContaining({ id: good.id, state: "healthy", backlog: 0, success_rate_1h: 1 }),
    ]);
    const { id } = await partner.send<{ id: string }>("POST", "/api/v1/trainings/export", {}, 202);
    await eventually("the operation does not show", async () =>
      (await overviewOf(partner)).operations.some((operation) => operation.id === id) ? true : undefined,
    );
    expect(shown.database).toBeNull();
  });

  test("outlasts a restart, and shows another organisation nothing", async () => {
    const own = await startKoppla();
    try {
      const partner = await own.partner("restarted");
      await using sink = new TestReceiver();
      await createReceiver(partner, sink.url(), quick);
      await put(partner, "trainings/1", { name: "n" });
      await eventually("it is not counted", async () =>
        sum(await overviewOf(partner), "delivered") === 1 ? true : undefined,
      );
      await own.restart();
      const after = await overviewOf(partner);
      expect([sum(after, "delivered"), after.totals.delivered_24h]).toEqual([1, 1]);
      expect(after.receivers[0]?.success_rate_1h).toBe(1);
      const other = await overviewOf(own.demo);
      expect([sum(other, "attempts"), other.receivers, other.operations]).toEqual([0, [], []]);
    } finally {
      await own.dispose();
    }
  });

  test("shows each as much as his grants let him see", async () => {
    const partner = await koppla.partner("overview-grants");
    await createReceiver(partner, "http://127.0.0.1:9/", { enabled: false });
    const few = await koppla.account("overview-grants", ["deliveries:read"]);
    const all = await koppla.account("overview-grants", ["*:read", "system:read"]);
    const none = await koppla.account("overview-grants", ["trainings:read"]);
    expect(await overviewOf(few)).toMatchObject({ receivers: [], operations: [], database: null });
    expect(await overviewOf(all)).toMatchObject({
      receivers: [{ state: "disabled" }],
      database: { kind: onPostgres ? "postgres" : "sqlite", bytes: expect.any(Number) },
    });
    for (const path of ["/api/v1/overview", "/api/v1/overview/stream"]) {
      expect((await none.get(path)).status).toBe(403);
      expect((await few.get(`${path}?limit=3`)).status).toBe(422);
    }
  });

  test("streams: at once, and when something has changed", async () => {
    const partner = await koppla.partner("overview-stream");
    await using sink = new TestReceiver();
    await createReceiver(partner, sink.url(), quick);
    const response = await partner.get("/api/v1/overview/stream");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = eventsOf(response);
    const first = (await events.next()).value as Overview;
    expect(sum(first, "attempts")).toBe(0);
    await put(partner, "trainings/1", { name: "n" });
    let last = first;
    const told: number[] = [];
    while (sum(last, "delivered") === 0) {
      last = (await events.next()).value as Overview;
      told.push(Date.parse(last.at));
    }
    expect(last.totals.delivered_24h).toBe(1);
    for (const [index, at] of told.slice(1).entries())
      expect(at - (told[index] ?? 0)).toBeGreaterThanOrEqual(900);
    await events.return(undefined);
    await response.body?.cancel().catch(() => {});
  });
});

describe("the server", () => {
  const path = "/api/v1/system";

  test("tells of itself to whom it is named in a grant; everything else does not do", async () => {
    const everything = await koppla.partner("system-none");
    for (const suffix of ["", "/settings", "/checks"]) {
      expect((await everything.get(path + suffix)).status).toBe(403);
    }
    const overseer = await koppla.account("system-none", ["system:read"]);
    const shown = await overseer.read<Record<string, unknown>>(path);
    expect(shown).toMatchObject({
      ...{ node: hostname(), public_url: "https://koppla.test" },
      database: {
        kind: onPostgres ? "postgres" : "sqlite",
        wal_bytes: onPostgres ? null : expect.any(Number),
      },
      runtime: { pid: koppla.pid, bun: expect.any(String) },
    });
    const { database } = shown as {
      database: { newest: string; migrations: { name: string; applied_at: string }[] };
    };
    expect(database.migrations.at(-1)).toEqual({ name: database.newest, applied_at: expect.any(String) });
  });

  test("tells its settings with where each comes from", async () => {
    const overseer = await koppla.account("system-none", ["system:read"]);
    const { items } = await overseer.read<{ items: { path: string; value: unknown; source: object }[] }>(
      `${path}/settings`,
    );
    const of = (name: string) => items.find((item) => item.path === name);
    expect(of("server.public_url")).toMatchObject({
      value: "https://koppla.test",
      source: { kind: "file", at: expect.stringMatching(/\.yaml:\d+:\d+$|\.json:\d+:\d+$/) },
    });
    expect(of("audit.retention")).toMatchObject({ source: { kind: "default" } });
  });

  test("checks itself, and is told once for all who ask at the same time", async () => {
    const overseer = await koppla.account("system-none", ["system:read"]);
    const ask = () =>
      overseer.read<{ items: { name: string; status: string; message: string }[] }>(`${path}/checks`);
    const [{ items }, again] = await Promise.all([ask(), ask()]);
    expect(again.items.map(({ name }) => name)).toEqual(items.map(({ name }) => name));
    const status = (name: string) => items.find((item) => item.name === name)?.status;
    expect(["database", "migrations", "clock", "queue"].map(status)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(status("dns")).toBe("error");
    expect(status("smtp")).toBe("skipped");
  });
});
