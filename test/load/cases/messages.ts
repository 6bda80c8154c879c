/**
 * Web messages: looked up among a million, removed by the clock and by hand while others are read, and received with
 * 100 MB of attachments.
 */
import { bigRows, type Case } from "../lib/bench.ts";
import { memory } from "../lib/cpu.ts";
import { Koppla } from "../lib/koppla.ts";
import { figure } from "../lib/rounds.ts";
import { caseNumber, leftOf, messageId, partyId, seedMessages, timeOf } from "../lib/seed-messages.ts";
import { quantile } from "../lib/stats.ts";

const PER_PARTY = 5;
const LOOKUPS = 2_000;
const ATTACHMENT = 10_485_760;
const AT_ONCE = 4;
const YEAR = 365 * 86_400_000;

interface Answer {
  status: number;
  ms: number;
}

class Client {
  constructor(readonly koppla: Koppla) {}

  async call(method: string, path: string, body?: string): Promise<Response> {
    return await fetch(`http://127.0.0.1:${this.koppla.port}${path}`, {
      method,
      headers: { apikey: this.koppla.account.token, "content-type": "application/json" },
      ...(body !== undefined && { body }),
    });
  }

  async timed(method: string, path: string, expected: number): Promise<Answer> {
    const begun = performance.now();
    const response = await this.call(method, path);
    await response.arrayBuffer();
    const ms = performance.now() - begun;
    if (response.status !== expected) throw new Error(`${method} ${path}: ${response.status}`);
    return { status: response.status, ms };
  }
}

/** Reads a message every few milliseconds while `work` runs; ms each. */
async function beside(client: Client, path: string, work: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let ended = false;
  const end = work.finally(() => (ended = true));
  while (!ended) {
    times.push((await client.timed("GET", path, 200)).ms);
    await Bun.sleep(2);
  }
  await end;
  return times;
}

const micro = (times: readonly number[], q: number) => figure(quantile(times, q) * 1_000);

async function until(done: () => boolean): Promise<void> {
  while (!done()) await Bun.sleep(100);
}

/** 100 MB of attachments; its text is 140 MB. */
function large(): string {
  const base64Data = Buffer.alloc(ATTACHMENT, 7).toString("base64");
  const attachments = Array.from({ length: 10 }, (_, n) => ({ fileName: `${n}.bin`, base64Data }));
  const externalReferences = [{ key: "caseNumber", value: "large" }];
  return JSON.stringify({ partyId: partyId(0xffff_ffff), externalReferences, attachments });
}

/** Peak resident memory over the server's life, and with what `count` such requests at once were answered, in MB. */
async function receive(
  count: number,
  body: string,
): Promise<{ peak: number; koppla: Koppla; ids: string[] }> {
  const koppla = await Koppla.start();
  const client = new Client(koppla);
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, memory(koppla.pid).rss)), 5);
  try {
    const answers = await Promise.all(
      Array.from({ length: count }, () => client.call("POST", "/webmessages", body)),
    );
    const wrong = answers.find(({ status }) => status !== 201);
    if (wrong) throw new Error(`a large message was answered ${wrong.status}`);
    const ids = answers.map(({ headers }) => headers.get("location")?.split("/").at(-1) ?? "");
    return { peak, koppla, ids };
  } finally {
    clearInterval(timer);
  }
}

export const messagesCase: Case = {
  name: "messages",
  async run({ report, mode }) {
    const seeded = { rows: bigRows(mode), old: bigRows(mode) / 10, perParty: PER_PARTY };
    const now = Date.now();
    const koppla = await Koppla.start();
    const client = new Client(koppla);
    await koppla.stop();
    seedMessages(koppla, seeded, now);
    const middle = Math.floor(seeded.rows / 2);
    const idOf = (n: number) => messageId(timeOf(seeded, now, n), n);

    // At its start it finds what is too old.
    await koppla.start();
    const begun = performance.now();
    const left = () => leftOf(koppla, now - YEAR).old;
    const retention = await beside(
      client,
      `/webmessages/${idOf(middle)}`,
      until(() => left() === 0),
    );
    const seconds = (performance.now() - begun) / 1_000;
    const [p50, p99] = [micro(retention, 0.5), micro(retention, 0.99)];
    report.add("messages-retention", "messages/s", { value: figure(seeded.old / seconds), p50, p99 });

    const young = () => seeded.old + Math.floor(Math.random() * (seeded.rows - seeded.old));
    const lookups: Record<string, (n: number) => string> = {
      "messages-by-id": (n) => idOf(n),
      "messages-by-party": (n) => `recipients/${partyId(Math.floor(n / PER_PARTY))}`,
      "messages-by-reference": (n) =>
        `external-references/caseNumber/${caseNumber(Math.floor(n / PER_PARTY))}`,
    };
    for (const [name, path] of Object.entries(lookups)) {
      const times: number[] = [];
      for (let i = 0; i < LOOKUPS; i++)
        times.push((await client.timed("GET", `/webmessages/${path(young())}`, 200)).ms);
      const value = figure(quantile(times, 0.95));
      report.add(`${name}-p95`, "ms", { value, p50: micro(times, 0.5), p99: micro(times, 0.99) });
    }
    await koppla.remove();

    const body = large();
    const one = await receive(1, body);
    report.add("messages-body-memory", "of body", { value: figure((one.peak * 1e6) / body.length) });
    await one.koppla.remove();
    const four = await receive(AT_ONCE, body);
    report.add(`messages-body-memory-${AT_ONCE}`, "MB", { value: figure(four.peak) });

    const other = new Client(four.koppla);
    const small = JSON.stringify({
      partyId: partyId(1),
      externalReferences: [{ key: "caseNumber", value: "small" }],
    });
    const made = await other.call("POST", "/webmessages", small);
    const kept = new URL(made.headers.get("location") ?? "").pathname;
    const removal = async () => {
      for (const id of four.ids) await other.timed("DELETE", `/webmessages/${id}`, 204);
      await until(() => leftOf(four.koppla, 0).chunks === 0);
    };
    const removed = await beside(other, kept, removal());
    report.add("messages-removal", "ms", {
      value: figure(quantile(removed, 0.99)),
      ...{ p50: micro(removed, 0.5), p99: micro(removed, 0.99) },
    });
    await four.koppla.remove();
  },
};
