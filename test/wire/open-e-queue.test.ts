/**
 * Web messages that are published behind their caller's back, and what a kill in the middle leaves: Open-E with
 * `publish: async`, and a channel of the kind HTTP.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually } from "../binary/eventually.ts";
import { type Koppla, LONG_TEST_MS, onPostgres, startKoppla } from "../binary/harness.ts";
import type { Partner } from "../binary/partner.ts";
import { TestReceiver, verify } from "../binary/receiver.ts";
import { hasOpenssl, newAuthority } from "../certificates.ts";
import { fault, ScriptedOpenE, taken } from "./scripted-open-e.ts";

interface Shown {
  publications: { channel: string; state: string; external_id: string | null }[];
}
interface Item {
  id: string;
  state: string;
  error: string | null;
  attempts: number;
  next_attempt_at: string | null;
}
interface Detail extends Omit<Item, "attempts"> {
  attempts: { number: number; status_code: number | null; error: string | null }[];
}

const PARTY = "81471222-5798-11e9-ae24-57fa13b361e1";
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

let openE: ScriptedOpenE;
const opened: Koppla[] = [];

beforeAll(() => {
  openE = new ScriptedOpenE();
});
afterEach(async () => {
  for (const koppla of opened.splice(0)) await koppla.dispose();
  openE.calls.length = 0;
  openE.script(() => taken());
  openE.begun = () => {};
});
afterAll(() => openE.stop());

function start(channels: Record<string, unknown>): Promise<Koppla> {
  const retry_schedules = { quick: { steps: ["100ms", "100ms"], then: "fail" } };
  return startKoppla({
    config: { channels, webhooks: { allow_targets: ["127.0.0.1", "localhost"], retry_schedules } },
  });
}

/** A server of the test's own. */
async function serve(channels: Record<string, unknown>): Promise<Koppla> {
  const koppla = await start(channels);
  opened.push(koppla);
  return koppla;
}

const asyncOpenE = () => ({
  "open-e": { url: openE.url(), publish: "async", retry: "quick", timeout: "2s" },
});

const message = {
  partyId: PARTY,
  message: "This is a message",
  externalReferences: [{ key: "flowInstanceId", value: "356434" }],
};

async function post(by: Partner, more: Record<string, unknown> = {}, headers = {}): Promise<string> {
  const response = await by.post("/webmessages", { ...message, ...more }, headers);
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return idOf(response);
}

const idOf = (response: Response) => response.headers.get("location")?.split("/").at(-1) ?? "";

const publicationsOf = async (by: Partner, id: string) =>
  (await by.read<Shown>(`/webmessages/${id}?include=publications`)).publications;

const inState = (by: Partner, id: string, state: string) =>
  eventually(`message ${id} is ${state}`, async () => {
    const [found] = await publicationsOf(by, id);
    return found?.state === state ? found : undefined;
  });

const logOf = async (by: Partner, id: string): Promise<Detail> => {
  const { items } = await by.read<{ items: Item[] }>(`/api/v1/publications?message=${id}`);
  return await by.read<Detail>(`/api/v1/publications/${items[0]?.id}`);
};

describe("publish: async", () => {
  let demo: Partner;
  let koppla: Koppla;
  beforeAll(async () => {
    koppla = await start({
      "open-e": { ...asyncOpenE()["open-e"], organisations: ["demo"] },
      patient: {
        ...{ kind: "open-e", url: openE.url(), publish: "async", retry: "standard" },
        organisations: ["patient"],
      },
    });
    demo = koppla.demo;
  });
  afterAll(() => koppla.dispose());

  test("answers before Open-E does, shows that it is pending, and then that it is published", async () => {
    const answer = Promise.withResolvers<Response>();
    openE.script(() => answer.promise);
    const id = await post(demo);
    await openE.nth(1);
    expect(await publicationsOf(demo, id)).toMatchObject([{ state: "pending", external_id: null }]);
    answer.resolve(taken(99));
    expect(await inState(demo, id, "published")).toMatchObject({ channel: "open-e", external_id: "99" });
  });

  test("tries again by its schedule, and keeps what each attempt came to", async () => {
    openE.script((_, number) => (number < 3 ? fault("AccessDeniedFault", "Access denied") : taken(7)));
    const id = await post(demo);
    await inState(demo, id, "published");
    expect(openE.calls).toHaveLength(3);
    expect((await logOf(demo, id)).attempts).toMatchObject([
      { number: 1, status_code: 500, error: "fault" },
      { number: 2, status_code: 500, error: "fault" },
      { number: 3, status_code: 200, error: null },
    ]);
  });

  test("gives up at the schedule's end; the message stays, and is sent once more where somebody says so", async () => {
    openE.script(() => new Response("no", { status: 503 }));
    const id = await post(demo);
    await inState(demo, id, "failed");
    expect(openE.calls).toHaveLength(3);
    openE.script(() => taken());
    const { id: publication } = await logOf(demo, id);
    const resent = await demo.send<Item>(
      "POST",
      `/api/v1/publications/${publication}/resend`,
      undefined,
      202,
    );
    expect(resent.state).toBe("pending");
    await inState(demo, id, "published");
    expect((await demo.post(`/api/v1/publications/${publication}/resend`, undefined)).status).toBe(409);
    expect((await logOf(demo, id)).attempts.map(({ error }) => error)).toEqual([
      "status",
      "status",
      "status",
      null,
    ]);
  });

  test("a case that is not there is given up at once", async () => {
    openE.script(() => fault("FlowInstanceNotFoundFault", "Not there"));
    const id = await post(demo);
    await inState(demo, id, "failed");
    expect(await logOf(demo, id)).toMatchObject({
      error: "fault",
      detail: "FlowInstanceNotFoundFault: Not there",
    });
    expect(openE.calls).toHaveLength(1);
  });

  test("a message that is removed before its next attempt is sent no more", async () => {
    const patient = await koppla.partner("patient");
    openE.script(() => new Response("no", { status: 503 }));
    const id = await post(patient);
    await eventually("it was tried", async () => ((await logOf(patient, id)).attempts[0] ? true : undefined));
    expect((await patient.delete(`/webmessages/${id}`)).status).toBe(204);
    const row = await logOf(patient, id);
    expect(row).toMatchObject({ state: "failed", error: "removed", next_attempt_at: null });
    expect((await patient.post(`/api/v1/publications/${row.id}/resend`, undefined)).status).toBe(409);
    expect(openE.calls).toHaveLength(1);
  });

  test("a channel that hangs holds up no other", async () => {
    await using archive = new TestReceiver();
    const { demo } = await serve({
      ...asyncOpenE(),
      archive: { kind: "http", url: archive.url(), secret: SECRET },
    });
    const never = Promise.withResolvers<void>();
    openE.script(() => never.promise.then(() => taken()));
    for (let i = 0; i < 10; i++) await post(demo);
    await archive.nth(10);
    never.resolve();
  });
});

// On PostgreSQL the memory is the same and the writing of a hundred megabytes slow.
test.skipIf(process.platform !== "linux" || onPostgres)(
  "ten attachments of 10 MB are read while they are sent: memory grows by less than the message",
  async () => {
    const koppla = await serve(asyncOpenE());
    const { demo } = koppla;
    const memory = (name: "VmRSS" | "VmHWM") => {
      const status = readFileSync(`/proc/${koppla.pid}/status`, "utf8");
      return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1_024;
    };
    let before = Number.NaN;
    openE.begun = () => {
      // From here on VmHWM is the peak.
      writeFileSync(`/proc/${koppla.pid}/clear_refs`, "5");
      before = memory("VmRSS");
    };
    const form = new FormData();
    form.set("partyId", PARTY);
    form.set("message", message.message);
    form.set("externalReferences", JSON.stringify(message.externalReferences));
    const bytes = Buffer.alloc(10_485_760, "x");
    for (let i = 0; i < 10; i++) form.append("attachments", new File([bytes], `${i}.bin`));
    const response = await demo.api("/webmessages", { method: "POST", body: form });
    await inState(demo, idOf(response), "published");
    const size = Number(openE.calls.at(-1)?.headers["content-length"]);
    expect(size).toBeGreaterThan(139_000_000);
    expect(openE.calls.at(-1)?.body).toBe(`${size} bytes`);
    expect(memory("VmHWM") - before).toBeLessThan(size);
  },
  LONG_TEST_MS,
);

describe("kill -9", () => {
  test(
    "between Open-E's acceptance and its storing: the message is there at the restart, unknown, and not sent again",
    async () => {
      const koppla = await serve({ "open-e": { url: openE.url() } });
      const { demo } = koppla;
      let killed: Promise<void> | undefined;
      openE.script(async () => {
        // Open-E has taken it; nobody hears of it.
        await (killed = koppla.kill9());
        return taken(151);
      });
      const attachments = [{ fileName: "a.txt", base64Data: "aGVsbG8=" }];
      const headers = { "idempotency-key": "one" };
      const lost = demo.post("/webmessages", { ...message, attachments }, headers);
      expect(await lost.then(String, () => "no answer")).toBe("no answer");
      await killed;
      openE.script(() => taken(152));
      await koppla.start();
      if (onPostgres) await endLeases(koppla);
      const [found] = await eventually("the message is there", async () => {
        const all = await demo.read<{ id: string; message: string; attachments: object[] }[]>(
          `/webmessages/recipients/${PARTY}`,
        );
        return all.length > 0 ? all : undefined;
      });
      expect(found).toMatchObject({ message: message.message, attachments: [{ base64Data: "aGVsbG8=" }] });
      const id = found?.id ?? "";
      expect(await publicationsOf(demo, id)).toMatchObject([{ state: "unknown", external_id: null }]);
      const { items } = await demo.read<{ items: { topic: string; id: string }[] }>(
        "/api/v1/changes?topics=WebMessages.*",
      );
      expect(items).toMatchObject([{ topic: "WebMessages.Create", id }]);
      // Whoever asks again by the same key is told where it is.
      expect(await post(demo, { attachments }, headers)).toBe(id);
      expect(openE.calls).toHaveLength(1);
      expect(await demo.read<[]>(`/webmessages/recipients/${PARTY}`)).toHaveLength(1);
    },
    LONG_TEST_MS,
  );

  test(
    "before Open-E answers and with publish: async: it is sent again after the restart",
    async () => {
      const koppla = await serve(asyncOpenE());
      const { demo } = koppla;
      const never = Promise.withResolvers<Response>();
      openE.script((_, number) => (number === 1 ? never.promise : taken(8)));
      const id = await post(demo);
      await openE.nth(1);
      await koppla.kill9();
      await koppla.start();
      if (onPostgres) await endLeases(koppla);
      await inState(demo, id, "published");
      never.resolve(taken());
      expect(openE.calls).toHaveLength(2);
    },
    LONG_TEST_MS,
  );

  test(
    "twenty messages and a kill after each third: all of them arrive, and none is lost",
    async () => {
      const koppla = await serve(asyncOpenE());
      const { demo } = koppla;
      openE.script(async () => {
        await Bun.sleep(5);
        return taken();
      });
      const ids: string[] = [];
      for (let i = 0; i < 20; i++) {
        ids.push(await post(demo, { message: `number ${i}.` }));
        if (i % 3 !== 2) continue;
        await koppla.kill9();
        await koppla.start();
        if (onPostgres) await endLeases(koppla);
      }
      for (const id of ids) await inState(demo, id, "published");
      const seen = new Set(openE.calls.map(({ body }) => /number (\d+)\./.exec(body)?.[1]));
      expect(seen.size).toBe(20);
    },
    LONG_TEST_MS,
  );
});

/** Elsewhere than on SQLite another process might still be at work: its lease has to end first. */
async function endLeases(koppla: Koppla): Promise<void> {
  const { SQL } = await import("bun");
  const { database } = JSON.parse(await Bun.file(koppla.configFile).text());
  const sql = new SQL(database.url, { max: 1 });
  await sql`update publications set next_attempt_at = 0 where run is not null and next_attempt_at is not null`;
  await sql`update idempotency_keys set lease_until = 0`;
  await sql.close();
  await koppla.restart();
}

describe("a channel of the kind HTTP", () => {
  const bytes = Buffer.alloc(100_001, "ab");
  const sent = {
    ...{ message: "Hej! 🙂", oepInstance: undefined, sender: { userId: "joe01doe" } },
    externalReferences: [{ key: "caseId", value: "12345" }],
    attachments: [{ fileName: "å.txt", base64Data: bytes.toString("base64") }],
  };

  test("is sent every message as JSON, signed as webhooks are", async () => {
    await using archive = new TestReceiver();
    const { demo } = await serve({
      archive: { kind: "http", url: archive.url(), secret: SECRET, headers: { "x-tenant": "7" } },
    });
    const id = await post(demo, sent);
    const request = await archive.nth(1);
    verify(SECRET, request);
    expect(request.headers).toMatchObject({ "content-type": "application/json", "x-tenant": "7" });
    expect(request.headers["content-length"]).toBe(String(Buffer.byteLength(request.body)));
    expect(JSON.parse(request.body)).toEqual({
      ...{ id, organisation: "demo", partyId: PARTY, message: "Hej! 🙂" },
      externalReferences: [{ key: "caseId", value: "12345" }],
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      sender: { userId: "joe01doe" },
      attachments: [
        { fileName: "å.txt", mimeType: "text/plain", size: 100_001, base64Data: bytes.toString("base64") },
      ],
    });
    await inState(demo, id, "published");
  });

  test("is sent links in place of attachments where the YAML says so, and they lead to them", async () => {
    await using archive = new TestReceiver();
    const { demo } = await serve({
      archive: { kind: "http", url: archive.url(), secret: SECRET, attachments: "links" },
    });
    await post(demo, sent);
    const body: { attachments: { url: string; fileName?: string }[] } = JSON.parse(
      (await archive.nth(1)).body,
    );
    const [link] = body.attachments;
    expect(link?.fileName).toBe("å.txt");
    expect(link?.url).toStartWith("https://koppla.example/");
    const fetched = await demo.get(new URL(link?.url ?? "").pathname);
    expect(Buffer.from(await fetched.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test("has the same webhook-id on every attempt, and waits for Retry-After", async () => {
    await using archive = new TestReceiver({
      answer: (call) =>
        call === 1 ? new Response(null, { status: 429, headers: { "retry-after": "1" } }) : 204,
    });
    const { demo } = await serve({
      archive: { kind: "http", url: archive.url(), secret: SECRET, retry: "quick" },
    });
    const id = await post(demo, sent);
    const first = await archive.nth(1);
    const second = await archive.nth(2);
    verify(SECRET, second);
    expect(second.id).toBe(first.id);
    expect(second.at - first.at).toBeGreaterThan(900);
    await inState(demo, id, "published");
  });

  test("with publish: sync refuses the message when it was refused", async () => {
    await using archive = new TestReceiver({ answer: () => 500 });
    const { demo } = await serve({
      archive: { kind: "http", url: archive.url(), secret: SECRET, publish: "sync" },
    });
    const response = await demo.post("/webmessages", { ...message, ...sent });
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 500,
      body: { title: "Internal Server Error", status: 500, detail: "The channel did not take the message." },
    });
    expect(await demo.read<[]>(`/webmessages/recipients/${PARTY}`)).toEqual([]);
  });

  test("may not be at an internal address that webhooks.allow_targets does not list", async () => {
    const { demo } = await serve({
      archive: { kind: "http", url: "http://127.0.0.2:1/", secret: SECRET, publish: "sync" },
    });
    const response = await demo.post("/webmessages", { ...message, ...sent });
    expect(response.status).toBe(500);
    const { items } = await demo.read<{ items: Item[] }>("/api/v1/publications");
    expect(items).toMatchObject([{ state: "failed", error: "blocked" }]);
  });
});

test.skipIf(!hasOpenssl)(
  "Open-E over TLS: an authority of its own is trusted where the YAML names it, and not without",
  async () => {
    const authority = newAuthority();
    const server = authority.issue("localhost");
    const folder = await mkdtemp(join(tmpdir(), "koppla-ca-"));
    const secure = new ScriptedOpenE(server);
    const url = secure.url().replace("127.0.0.1", "localhost");
    try {
      await writeFile(join(folder, "ca.pem"), authority.ca);
      const koppla = await serve({
        trusting: {
          kind: "open-e",
          url,
          ca_file: join(folder, "ca.pem"),
          organisations: ["demo"],
        },
        doubting: { kind: "open-e", url, organisations: ["doubting"] },
      });
      await post(koppla.demo);
      expect(secure.calls).toHaveLength(1);
      const doubting = await koppla.partner("doubting");
      expect((await doubting.post("/webmessages", message)).status).toBe(500);
      const { items } = await doubting.read<{ items: Item[] }>("/api/v1/publications");
      expect(items).toMatchObject([{ state: "failed", error: "tls" }]);
      expect(secure.calls).toHaveLength(1);
    } finally {
      await secure.stop();
      rmSync(folder, { recursive: true });
    }
  },
);
