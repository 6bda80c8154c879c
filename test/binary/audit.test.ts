/** The audit log of a running server: who did what, what was denied, and that nothing of it can be altered unseen. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { join } from "node:path";

import { type Koppla, LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";
import { type DeliveryOut, expectProblem, type Page } from "./wire.ts";

interface EventOut {
  sequence: number;
  at: string;
  action: string;
  outcome: "success" | "denied";
  subject: string | null;
  actor: string | null;
  client: string | null;
  target: string | null;
  address: string | null;
  request_id: string | null;
  detail: Record<string, unknown>;
  hash: string;
}

interface ChainOut {
  organisation: string | null;
  events: number;
  anchor: { sequence: number; hash: string };
  last: { sequence: number; hash: string };
  broken: { sequence: number; reason: string } | null;
}

interface OperationOut {
  status: string;
  message: string;
  result: ChainOut | null;
}

let koppla: Koppla;
let sink: TestReceiver;

beforeAll(async () => {
  koppla = await startKoppla();
  sink = new TestReceiver();
});
afterAll(async () => {
  await koppla.dispose();
  await sink.stop();
});

const eventsOf = async (partner: Partner, query = ""): Promise<EventOut[]> =>
  (await partner.read<Page<EventOut>>(`/api/v1/audit?limit=500${query}`)).items;
const verify = async (code: string): Promise<ChainOut | undefined> =>
  (await koppla.cliJson<ChainOut[]>("audit", "verify", "--org", code))[0];

describe("what is done", () => {
  test("stands in the log with who, what, from where, and the id of the answer", async () => {
    const partner = await koppla.partner("done");
    const made = await partner.post("/api/v1/receivers", {
      name: "Course site",
      url: sink.url("/done"),
      topics: ["*"],
    });
    const { id }: { id: string } = JSON.parse(await made.text());
    const path = `/api/v1/receivers/${id}`;
    await partner.patch(path, { name: "Courses", url: sink.url("/elsewhere") });
    await partner.post(`${path}/disable`, {});
    await partner.post(`${path}/enable`, {});
    await put(partner, "trainings/1", { name: "x" });
    await sink.nth(1, "/elsewhere");
    const { items } = await partner.read<Page<DeliveryOut>>("/api/v1/deliveries");
    const delivery = items[0]?.id ?? "";
    // Nothing can be sent again while it is being sent.
    for (;;) {
      const { status } = await partner.post(`/api/v1/deliveries/${delivery}/resend`, {});
      if (status === 202) break;
      expect(status).toBe(409);
    }
    const gone = await partner.delete(path, { "x-request-id": "my-own-id" });
    expect(gone.status).toBe(204);

    const events = (await eventsOf(partner)).toReversed();
    const host = new URL(sink.url("/")).host;
    const account = `account:${partner.clientId}`;
    expect(events.map(({ action, target, detail }) => [action, target, detail]).slice(2)).toEqual([
      [
        "receiver.create",
        `receiver:${id}`,
        { name: "Course site", topics: ["*"], account_id: expect.any(String), host },
      ],
      ["receiver.change", `receiver:${id}`, { changed: ["name", "url"], host }],
      ["receiver.disable", `receiver:${id}`, {}],
      ["receiver.enable", `receiver:${id}`, {}],
      ["delivery.resend", `delivery:${delivery}`, { receiver_id: id }],
      ["receiver.delete", `receiver:${id}`, {}],
    ]);
    for (const event of events.slice(2)) {
      expect(event).toMatchObject({ subject: account, actor: null, client: partner.clientId });
      expect(event).toMatchObject({ outcome: "success", address: "127.0.0.1" });
      expect(Math.abs(Date.parse(event.at) - Date.now())).toBeLessThan(60_000);
    }
    expect(events[2]?.request_id).toBe(made.headers.get("x-request-id"));
    expect(events.at(-1)?.request_id).toBe("my-own-id");
    // What the command line did before.
    expect(events.slice(0, 2).map(({ action, subject, address }) => [action, subject, address])).toEqual([
      ["organisation.create", "shell", null],
      ["account.create", "shell", null],
    ]);
  });

  test("by a receiver that answers 410 stands there as the server's own doing", async () => {
    const partner = await koppla.partner("gone");
    await using gone = new TestReceiver({ answer: () => 410 });
    const { id } = await createReceiver(partner, gone.url("/gone"));
    await put(partner, "trainings/1", { name: "x" });
    await gone.nth(1, "/gone");
    // The result of an attempt is written after the answer.
    let event: EventOut | undefined;
    while (!event) [event] = await eventsOf(partner, "&action=receiver.disable");
    expect(event).toMatchObject({ subject: "koppla", client: null, target: `receiver:${id}` });
    expect(event.detail).toEqual({ reason: "The receiver answered 410 Gone." });
  });

  test("is not there when it did not come about", async () => {
    const partner = await koppla.partner("failed");
    const before = await eventsOf(partner);
    await expectProblem(await partner.post("/api/v1/receivers", { name: "x" }), 422);
    await expectProblem(await partner.delete("/api/v1/receivers/0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b"), 404);
    expect(await eventsOf(partner)).toEqual(before);
  });
});

describe("what is denied", () => {
  test("for want of a grant stands in the log before it is answered", async () => {
    const partner = await koppla.partner("denied");
    const reader = await koppla.account("denied", ["trainings:read"]);
    const answer = await reader.put("/api/v1/trainings/1?secret=canary", { name: "x" });
    expect(answer.status).toBe(403);
    const [event] = await eventsOf(partner);
    expect(event).toMatchObject({
      action: "access.denied",
      outcome: "denied",
      subject: `account:${reader.clientId}`,
      address: "127.0.0.1",
      request_id: answer.headers.get("x-request-id"),
      detail: { grant: "trainings:write", method: "PUT", path: "/api/v1/trainings/1" },
    });
  });

  test("again and again is written ten times, so that nobody can fill the disk", async () => {
    const partner = await koppla.partner("flood");
    const reader = await koppla.account("flood", ["trainings:read"]);
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => reader.delete("/api/v1/trainings/1")),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
    expect(await eventsOf(partner, "&outcome=denied")).toHaveLength(10);
    // Another account's are told all the same.
    const other = await koppla.account("flood", ["trainings:read"]);
    await other.delete("/api/v1/trainings/1");
    expect(await eventsOf(partner, `&subject=account:${other.clientId}&outcome=denied`)).toHaveLength(1);
  });

  test("to a token that nobody has belongs to no organisation: only the shell sees it", async () => {
    const partner = await koppla.partner("nobody");
    const before = await eventsOf(partner);
    await expectProblem(
      await fetch(`${koppla.url}/api/v1/me`, { headers: { authorization: `Bearer ${partner.token}x` } }),
      401,
    );
    const own = await koppla.cliJson<EventOut[]>("audit", "list", "--action", "login.denied");
    expect(own[0]).toMatchObject({ outcome: "denied", subject: null, address: "127.0.0.1" });
    expect(JSON.stringify(own)).not.toContain(partner.token);
    expect(await eventsOf(partner)).toEqual(before);
    // Who sends none at all was not denied: he learns how to log in.
    await expectProblem(await fetch(`${koppla.url}/api/v1/me`), 401);
    expect(await koppla.cliJson<EventOut[]>("audit", "list")).toHaveLength(own.length);
  });
});

describe("the log", () => {
  test("is for those with audit:read, of their own organisation", async () => {
    const partner = await koppla.partner("mine");
    await koppla.partner("theirs");
    const auditor = await koppla.account("mine", ["audit:read"]);
    const writer = await koppla.account("mine", ["trainings:read,write,delete", "receivers:manage"]);
    await expectProblem(await writer.get("/api/v1/audit"), 403);
    await expectProblem(await fetch(`${koppla.url}/api/v1/audit`), 401);
    const events = await eventsOf(auditor);
    expect(events.map(({ sequence }) => sequence)).toEqual([5, 4, 3, 2, 1]);
    expect(events).toEqual(await eventsOf(partner));
    for (const method of ["POST", "PUT", "PATCH", "DELETE"])
      await expectProblem(await partner.api("/api/v1/audit", { method }), 405);
  });

  test("is paged and filtered", async () => {
    const partner = await koppla.partner("paged");
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await createReceiver(partner, sink.url("/paged"))).id);
    await partner.delete(`/api/v1/receivers/${made[2]}`);
    const all = await eventsOf(partner);
    const pages: EventOut[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: Page<EventOut> = await partner.read(
        `/api/v1/audit?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      pages.push(...page.items);
      cursor = page.next_cursor;
    }
    expect(pages).toEqual(all);
    const sequences = async (query: string) =>
      (await eventsOf(partner, query)).map((event) => event.sequence);
    expect(await sequences("&action=receiver.*")).toEqual([8, 7, 6, 5, 4, 3]);
    expect(await sequences("&action=receiver.create")).toEqual([7, 6, 5, 4, 3]);
    expect(await sequences(`&target=receiver:${made[2]}`)).toEqual([8, 5]);
    expect(await sequences("&subject=shell")).toEqual([2, 1]);
    expect(await sequences(`&subject=shell&action=account.*&outcome=success`)).toEqual([2]);
    expect(await sequences(`&since=${all[0]?.at}&until=${all[0]?.at}`)).toEqual([]);
    const since = new Date(Date.parse(all[0]?.at ?? "") + 1).toISOString();
    expect(await sequences(`&since=${since}`)).toEqual([]);
    expect(await sequences(`&until=${since}`)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test.each([
    "outcome=maybe",
    "action=%25",
    "action=*",
    "since=yesterday",
    "who=anna",
    "subject=%00",
    "limit=0",
  ])("refuses ?%s", async (query) => {
    const { violations } = await expectProblem(await koppla.demo.get(`/api/v1/audit?${query}`), 422);
    expect(violations?.[0]?.field).toBe(query.split("=")[0] ?? "");
  });

  test("holds no secret, however it came", async () => {
    const partner = await koppla.partner("canary");
    const secret = "c4n4ry-c4n4ry";
    const made = await partner.post("/api/v1/receivers", {
      name: "r",
      url: sink.url(`/canary?token=${secret}`),
      topics: ["*"],
      auth: { protocol: "websub", secret: `${secret}-web`, method: "sha256" },
      headers: { "x-key": secret },
    });
    const receiver: { id: string; secret: string } = JSON.parse(await made.text());
    await partner.patch(`/api/v1/receivers/${receiver.id}`, {
      url: sink.url(`/canary?token=${secret}-2`),
      auth: { protocol: "bearer", token: secret },
    });
    const reader = await koppla.account("canary", ["trainings:read"]);
    await reader.delete(`/api/v1/trainings/${partner.token}?pw=${secret}`);
    await reader.delete(`/api/v1/trainings/1?pw=${secret}`);
    await fetch(`${koppla.url}/api/v1/me?pw=${secret}`, {
      headers: { apikey: `koppla_${secret}${secret}${secret}` },
    });
    const written = [
      JSON.stringify(await eventsOf(partner)),
      (await koppla.cli("audit", "export")).stdout,
      (await koppla.cli("audit", "export", "--org", "canary", "--format", "csv")).stdout,
    ].join("\n");
    expect(written).toContain("receiver.change");
    expect(written).toContain("access.denied");
    for (const hidden of [secret, partner.token, reader.token, receiver.secret.slice(6)]) {
      expect(written).not.toContain(hidden);
    }
  });
});

describe("an export", () => {
  test("as NDJSON has every event, from which anybody can check the chain", async () => {
    const partner = await koppla.partner("chain");
    for (let i = 0; i < 3; i++) await createReceiver(partner, sink.url("/chain"));
    const answer = await partner.get("/api/v1/audit", { accept: "application/x-ndjson" });
    expect(answer.headers.get("content-type")).toStartWith("application/x-ndjson");
    const lines = (await answer.text()).trimEnd().split("\n");
    const events: EventOut[] = lines.map((line) => JSON.parse(line));
    expect(events).toEqual(await eventsOf(partner));
    const report = await verify("chain");
    let hash = report?.anchor.hash ?? "";
    for (const { hash: given, ...event } of events.toSorted((a, b) => a.sequence - b.sequence)) {
      hash = createHash("sha256")
        .update(hash + canonical(event))
        .digest("base64url");
      expect(given).toBe(hash);
    }
    expect(report).toMatchObject({ events: 5, last: { sequence: 5, hash } });
    const shell = await koppla.cli("audit", "export", "--org", "chain");
    expect(shell.stdout.trimEnd().split("\n")).toEqual(lines);
  });

  test("as CSV runs nothing in a spreadsheet", async () => {
    const partner = await koppla.partner("csv");
    await partner.post(
      "/api/v1/receivers",
      { name: "=1+1", url: sink.url("/csv"), topics: ["*"] },
      { "x-request-id": "-2.5" },
    );
    const answer = await partner.get("/api/v1/audit?action=receiver.*", { accept: "text/csv" });
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="audit.csv"');
    const [head = "", line = "", ...more] = (await answer.text()).trimEnd().split("\n");
    expect(head).toBe(
      "sequence,at,action,outcome,subject,actor,client,target,address,request_id,detail,hash",
    );
    expect(line).toContain(",127.0.0.1,'-2.5,");
    expect(more).toEqual([]);
  });

  test("has no limit and no cursor", async () => {
    for (const query of ["limit=1", "cursor=x"]) {
      const answer = await koppla.demo.get(`/api/v1/audit?${query}`, { accept: "text/csv" });
      expect((await expectProblem(answer, 422)).violations?.[0]?.field).toBe(query.split("=")[0] ?? "");
    }
  });
});

describe("koppla audit verify", () => {
  test("finds the log whole while the server writes it, and what was noted still there", async () => {
    const partner = await koppla.partner("whole");
    await createReceiver(partner, sink.url("/whole"));
    const noted = await verify("whole");
    const writing = Promise.all(
      Array.from({ length: 30 }, () => createReceiver(partner, sink.url("/whole"))),
    );
    const known = `${noted?.last.sequence}:${noted?.last.hash}`;
    const during = await koppla.cli("audit", "verify", "--org", "whole", "--known", known);
    expect([during.exitCode, during.stderr]).toEqual([0, ""]);
    await writing;
    expect(await verify("whole")).toMatchObject({ organisation: "whole", events: 33, broken: null });
    const all = await koppla.cli("audit", "verify");
    expect(all.exitCode).toBe(0);
    expect(all.stdout).toContain("whole: 33 events, whole; the last is 33:");
    const other = await koppla.cli("audit", "verify", "--org", "whole", "--known", `2:${noted?.last.hash}`);
    expect(other.exitCode).toBe(1);
    expect(other.stderr).toContain("event 2 is not what was written");
    expect((await koppla.cli("audit", "verify", "--known", known)).exitCode).toBe(1);
  });

  test("is walked by an operation, too, for those who look after the whole server", async () => {
    const partner = await koppla.partner("walked", ["*:*", "system:*"]);
    await createReceiver(partner, sink.url("/walked"));
    const path = "/api/v1/audit/verify";
    const plain = await koppla.account("walked");
    await expectProblem(await plain.post(path, {}), 403);
    const dry = await partner.post(path, {}, { "dry-run": "true" });
    expect([dry.status, dry.headers.get("dry-run")]).toEqual([202, "true"]);
    expect((await partner.read<Page<unknown>>("/api/v1/operations")).items).toEqual([]);

    const walked = async (body: unknown) => {
      const { id } = await partner.send<{ id: string }>("POST", path, body, 202);
      return await partner.read<OperationOut>(`/api/v1/operations/${id}?wait=30`);
    };
    const { status, result } = await walked({});
    const chain = await verify("walked");
    expect(status).toBe("SUCCESS");
    expect(result).toMatchObject({ anchor: chain?.anchor, broken: null });
    expect(await walked({ known: result?.last })).toMatchObject({ status: "SUCCESS" });
    expect(await walked({ known: { sequence: 2, hash: result?.last.hash } })).toMatchObject({
      status: "ERROR",
      message: "Event 2 is not what was written: its hash is not the one that was noted.",
      result: { broken: { sequence: 2 } },
    });
    await expectProblem(await partner.post(path, { known: { sequence: 0 } }), 422);
  });

  test.skipIf(onPostgres)("names the first event that somebody altered in the database file", async () => {
    await using tampered = await startKoppla();
    const { demo } = tampered;
    for (let i = 0; i < 4; i++) await createReceiver(demo, sink.url("/tampered"));
    const file = new Database(join(tampered.dir, "data/koppla.db"));
    const outcome = async () => {
      const { exitCode, stderr, stdout } = await tampered.cli("audit", "verify");
      return { exitCode, stderr: stderr.trim(), whole: stdout.includes("demo:") };
    };
    const where = "where organisation_id = 1 and sequence =";
    try {
      expect(await outcome()).toEqual({ exitCode: 0, stderr: "", whole: true });
      file.run(`update audit_events set subject = 'user:somebody' ${where} 4`);
      expect(await outcome()).toEqual({
        exitCode: 1,
        stderr: "demo: event 4 is not what was written: it was changed",
        whole: false,
      });
      file.run(`delete from audit_events ${where} 3`);
      expect(await outcome()).toMatchObject({
        exitCode: 1,
        stderr: "demo: event 3 is not what was written: it is missing",
      });
      // The log goes on all the same, and can be read.
      expect((await demo.delete("/api/v1/receivers/x")).status).toBe(404);
      expect(await eventsOf(demo)).toHaveLength(5);
    } finally {
      file.close();
    }
  });
});

test(
  "events go when they are older than audit.retention, and the chain still holds",
  async () => {
    await using short = await startKoppla({ config: { audit: { retention: "1500ms" } } });
    const { demo } = short;
    const count = 5;
    for (let i = 0; i < count; i++) await createReceiver(demo, sink.url("/retention"));
    for (;;) {
      const [report] = await short.cliJson<ChainOut[]>("audit", "verify", "--org", "demo");
      expect(report?.broken).toBeNull();
      if (report?.events === 0) {
        expect(report.anchor.sequence).toBe(2 + count);
        break;
      }
      await Bun.sleep(50);
    }
    expect(await eventsOf(demo)).toEqual([]);
    await createReceiver(demo, sink.url("/retention"));
    const [report] = await short.cliJson<ChainOut[]>("audit", "verify", "--org", "demo");
    expect(report).toMatchObject({ broken: null, last: { sequence: 3 + count } });
  },
  LONG_TEST_MS,
);

/** RFC 8785, for what stands in an event: in these there are no numbers but whole ones. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  const members = names.map(
    (name) => `${JSON.stringify(name)}:${canonical((value as Record<string, unknown>)[name])}`,
  );
  return `{${members.join(",")}}`;
}
