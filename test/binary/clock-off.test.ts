/** A machine whose clock is two hours ahead, and then is right again: by a restart, and under a server that runs. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSync } from "otplib";

import { type Koppla, LONG_TEST_MS, onPostgres, prepareKoppla } from "./harness.ts";
import { changesOf, createReceiver, put, type Received, TestReceiver } from "./receiver.ts";
import { deliveryWith, type Page, type RecordOut } from "./wire.ts";

const HOURS_2 = 7_200;
const compiler = Bun.which("gcc") ?? Bun.which("cc");
const canMoveClock = process.platform === "linux" && compiler !== null;

/** The clock of the programs that are started with {@link env}. */
class WrongClock {
  readonly #dir = mkdtempSync(join(tmpdir(), "koppla-clock-"));
  readonly #file = join(this.#dir, "offset");
  readonly #library = join(this.#dir, "clock-offset.so");
  /** Seconds that it is ahead. */
  #ahead = 0;

  constructor() {
    const source = join(import.meta.dir, "clock-offset.c");
    const flags = ["-O2", "-shared", "-fPIC", "-o", this.#library, source, "-ldl"];
    const built = Bun.spawnSync([compiler ?? "gcc", ...flags]);
    if (!built.success) throw new Error(built.stderr.toString());
    writeFileSync(this.#file, Buffer.alloc(8));
  }

  set(seconds: number): void {
    this.#ahead = seconds;
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place: who has it mapped sees it.
    writeFileSync(this.#file, bytes, { flag: "r+" });
  }

  get now(): number {
    return Date.now() + this.#ahead * 1_000;
  }

  get env(): Record<string, string> {
    return { LD_PRELOAD: this.#library, CLOCK_OFFSET: this.#file };
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true });
  }
}

interface Account {
  client_id: string;
  token: string;
  totp: { secret: string };
}
interface CheckOut {
  name: string;
  status: string;
  message: string;
  remedy?: string;
}

/** Seconds between a webhook's timestamp and the time at which it came here. */
const aheadOf = ({ headers, at }: Received): number => Number(headers["webhook-timestamp"]) - at / 1_000;

describe.skipIf(!canMoveClock)("a clock that is two hours ahead", () => {
  let clock: WrongClock;
  beforeAll(() => {
    clock = new WrongClock();
  });
  afterAll(() => clock.remove());

  const login = async (koppla: Koppla, { client_id, token, totp }: Account, code?: string) => {
    const form = new URLSearchParams({
      ...{ grant_type: "client_credentials", client_id, client_secret: token },
      totp: code ?? generateSync({ secret: totp.secret, epoch: Math.floor(clock.now / 1_000) }),
    });
    const answer = await fetch(`${koppla.url}/oauth/token`, { method: "POST", body: form });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };
  const clockCheck = async (koppla: Koppla): Promise<CheckOut | undefined> => {
    const { stdout } = await koppla.cli("doctor", "--json");
    return (JSON.parse(stdout) as { items: CheckOut[] }).items.find(({ name }) => name === "clock");
  };

  test.each([
    [
      "by a restart",
      (koppla: Koppla) =>
        koppla
          .stop()
          .then(() => clock.set(0))
          .then(() => koppla.start()),
    ],
    ["while the server runs", async () => clock.set(0)],
  ])(
    "and then right again, %s: tokens, codes, deliveries, operations and the feed go on",
    async (_, mend) => {
      clock.set(HOURS_2);
      await using sink = new TestReceiver();
      await using koppla = await prepareKoppla({ env: clock.env });
      await koppla.start();
      await koppla.makeDemo();
      const { demo } = koppla;
      const retry = { steps: ["1s"], then: "repeat" };
      await createReceiver(demo, sink.url(), { bundle: { quiet: "10ms" }, retry });
      await put(demo, "trainings/1", { name: "n" });
      const made = await demo.read<RecordOut>("/api/v1/trainings/1");
      // Or nothing of what follows would be about a wrong clock.
      expect((Date.parse(made._meta.created_at) - Date.now()) / 1_000).toBeWithin(HOURS_2 - 60, HOURS_2 + 1);
      // The partner can see it: Standard Webhooks has receivers refuse what is five minutes off.
      expect(aheadOf(await sink.nth(1))).toBeWithin(HOURS_2 - 60, HOURS_2 + 1);

      const account = () =>
        demo.send<Account>("POST", "/api/v1/accounts", { name: "A", grants: [], totp: true }, 201);
      const right = await account();
      const logged = await login(koppla, right);
      expect(logged.status).toBe(200);
      // Whose own clock is right sends codes that are wrong here, and is locked out.
      const refused = await account();
      const theirs = generateSync({ secret: refused.totp.secret, epoch: Math.floor(Date.now() / 1_000) });
      for (let n = 0; n < 2; n++) expect((await login(koppla, refused, theirs)).status).toBe(401);
      const untouched = await account();
      // A start uses up all codes to its now.
      await koppla.restart();

      await put(demo, "trainings/4", { name: "n" });
      await sink.waitFor("a delivery of this process", (all) =>
        all.find((one) => one.status === 204 && changesOf(one).some(({ id }) => id === 4)),
      );
      const ahead = await clockCheck(koppla);
      // By whoever else's clock can be seen: one receiver may be wrong itself, a database server counts.
      expect(ahead).toMatchObject({
        ...{ status: onPostgres ? "error" : "warning", remedy: expect.stringContaining("NTP") },
      });
      const whose = onPostgres
        ? /The database server's clock is/
        : /A server that webhooks were sent to has a clock/;
      expect(ahead?.message).toMatch(whose);
      expect(ahead?.message).toMatch(/(1 hour|2 hours) behind this machine's/);

      sink.script(() => 500);
      await put(demo, "trainings/2", { name: "n" });
      const failed = await sink.waitFor("the attempt that fails", (all) =>
        all.find((one) => one.status === 500),
      );
      await deliveryWith(demo, failed.id, "retrying");
      const since = (await demo.read<{ next_cursor: string }>("/api/v1/changes?since=now")).next_cursor;
      await mend(koppla);
      sink.script(() => 204);
      await put(demo, "trainings/3", { name: "n" });
      const again = await sink.waitFor("the delivery that had failed", (all) =>
        all.find(({ id, status }) => id === failed.id && status === 204),
      );
      expect(Math.abs(aheadOf(again))).toBeLessThan(60);
      const last = await sink.waitFor("a new change", (all) =>
        all.find((one) => changesOf(one).some(({ id }) => id === 3)),
      );
      expect(Math.abs(aheadOf(last))).toBeLessThan(60);

      const changes = await demo.read<Page<{ id: number }>>(
        `/api/v1/changes?since=${since}&topics=Trainings.*`,
      );
      expect(changes.items.map(({ id }) => id)).toEqual([3]);
      expect((await demo.patch("/api/v1/trainings/1", { name: "m" })).status).toBe(200);
      const changed = await demo.read<RecordOut>("/api/v1/trainings/1");
      expect(changed._meta.modified_at >= changed._meta.created_at).toBe(true);

      const me = await fetch(`${koppla.url}/api/v1/me`, {
        headers: { authorization: `Bearer ${logged.body["access_token"]}` },
      });
      expect(me.status).toBe(200);
      // All codes up to now count as used; the next ones are good, for whoever logged in then and for all others.
      for (const one of [right, refused, untouched]) await login(koppla, one);
      clock.set(60);
      for (const one of [right, refused, untouched]) {
        const { status, body } = await login(koppla, one);
        expect([status, body["error_description"]]).toEqual([200, undefined]);
      }
      const run = await demo.send<{ id: string }>(
        "POST",
        "/api/v1/trainings/import",
        [{ id: 9, name: "n" }],
        202,
      );
      expect(await demo.read<{ status: string }>(`/api/v1/operations/${run.id}?wait=20`)).toMatchObject({
        status: "SUCCESS",
      });

      const found = await clockCheck(koppla);
      expect(found).toMatchObject({ status: "error", remedy: expect.stringContaining("NTP") });
      expect(found?.message).toContain("The database holds what was made 1 hour from now");
      const verified = await koppla.cli("audit", "verify", "--org", "demo");
      expect([verified.exitCode, verified.stdout]).toEqual([0, expect.stringContaining("whole")]);
    },
    LONG_TEST_MS,
  );
});
