/**
 * What a receiver's name stands for, against the system's resolver: the server sees an /etc/hosts of its own. Root makes
 * that on Linux; elsewhere these are skipped.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "./eventually.ts";
import { hasMounts, type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";

interface Attempt {
  error: string | null;
  detail: string | null;
  address: string | null;
  status_code: number | null;
}

describe.skipIf(!hasMounts)("a name", () => {
  let koppla: Koppla;
  let sink: TestReceiver;
  /** Listens at the same port of an address that is closed. */
  let closed: { stop(now: boolean): void };
  let knocked = 0;
  const retry = { steps: ["1s"], then: "repeat" };

  beforeAll(async () => {
    sink = new TestReceiver();
    const port = Number(new URL(sink.url("/")).port);
    const open = () => {
      knocked++;
    };
    closed = Bun.listen({ hostname: "127.0.0.2", port, socket: { open, data() {} } });
    koppla = await startKoppla({
      config: { webhooks: { allow_targets: ["127.0.0.1"] } },
      mounts: (dir) => `cp /etc/hosts ${dir}/hosts && mount --bind ${dir}/hosts /etc/hosts`,
    });
  });
  afterAll(async () => {
    await koppla.dispose();
    await sink.stop();
    closed.stop(true);
  });

  /** From now on the names stand for these addresses, in this order, and no other name for anything. */
  const standFor = (names: readonly string[], ...addresses: string[]) =>
    writeFileSync(
      join(koppla.dir, "hosts"),
      addresses.map((address) => `${address} ${names.join(" ")}\n`).join(""),
    );
  const url = (name: string) => `http://${name}:${new URL(sink.url("/")).port}/${name}`;
  /** The attempts of a receiver's first delivery, once there are so many. */
  const attempts = (partner: Partner, receiver: string, count = 1): Promise<Attempt[]> =>
    eventually(`${count} attempts are in the log`, async () => {
      type Log = { items: { id: string }[] };
      const { items } = await partner.read<Log>(`/api/v1/deliveries?receiver=${receiver}`);
      const [first] = items;
      if (!first) return undefined;
      const { attempts: made } = await partner.read<{ attempts: Attempt[] }>(
        `/api/v1/deliveries/${first.id}`,
      );
      return made.length >= count ? made : undefined;
    });
  const arrivedAt = (name: string) => sink.requests.filter(({ path }) => path === `/${name}`).length;

  test.each([
    { name: "public-and-internal.test", addresses: ["203.0.113.7", "10.1.2.3"] },
    { name: "closed-and-allowed.test", addresses: ["127.0.0.2", "127.0.0.1"] },
    { name: "allowed-and-closed.test", addresses: ["127.0.0.1", "127.0.0.2"] },
    { name: "allowed-and-private.test", addresses: ["127.0.0.1", "10.1.2.3"] },
  ])("$name that stands for $addresses is spoken to at neither", async ({ name, addresses }) => {
    const partner = await koppla.partner(name.replaceAll(/[^a-z]/g, ""));
    standFor([name], ...addresses);
    const { id } = await createReceiver(partner, url(name), { retry });
    await put(partner, "trainings/1", { name: "x" });
    const [attempt] = await attempts(partner, id);
    expect(attempt).toMatchObject({ error: "blocked", status_code: null });
    expect(attempt?.detail).toStartWith(`${name} (`);
    expect(attempt?.detail).toContain("webhooks.allow_targets");
    expect([arrivedAt(name), knocked]).toEqual([0, 0]);
  });

  test("that moves to a closed address is not followed there, and is spoken to again when it comes back", async () => {
    const name = "moves.test";
    const partner = await koppla.partner("moves");
    standFor([name], "127.0.0.1");
    let works = false;
    sink.script(() => (works ? 204 : 500));
    const { id } = await createReceiver(partner, url(name), { retry: { steps: ["2s"], then: "repeat" } });
    await put(partner, "trainings/1", { name: "x" });
    await attempts(partner, id);
    standFor([name], "127.0.0.2");
    const [first, second] = await attempts(partner, id, 2);
    expect(first).toMatchObject({ error: "status", address: "127.0.0.1" });
    expect(second).toMatchObject({ error: "blocked", status_code: null });
    expect(knocked).toBe(0);
    works = true;
    standFor([name], "127.0.0.1");
    const all = await attempts(partner, id, 3);
    expect(all.at(-1)).toMatchObject({ error: null, status_code: 204, address: "127.0.0.1" });
  });

  test("that changes between the look and the connection is connected to where it was looked at", async () => {
    const names = Array.from({ length: 40 }, (_, n) => `flips-${n}.test`);
    const partner = await koppla.partner("flips");
    standFor(names, "127.0.0.1");
    const ids: string[] = [];
    for (const name of names) ids.push((await createReceiver(partner, url(name), { retry })).id);
    let flips = 0;
    const flipping = setInterval(() => standFor(names, flips++ % 2 === 0 ? "127.0.0.2" : "127.0.0.1"), 1);
    try {
      await put(partner, "trainings/1", { name: "x" });
      for (const id of ids) {
        const [attempt] = await attempts(partner, id);
        if (attempt?.error === null) expect(attempt.address).toBe("127.0.0.1");
        else expect(attempt?.error).toBeOneOf(["blocked", "dns"]);
      }
    } finally {
      clearInterval(flipping);
    }
    expect(knocked).toBe(0);
    expect(flips).toBeGreaterThan(10);
  });
});
