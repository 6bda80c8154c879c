import { describe, expect, test } from "bun:test";

import { systemClock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import { AddressRules } from "../outgoing/addresses.ts";
import { TargetGuard } from "../outgoing/guard.ts";
import type { Receiver } from "../receivers/receiver.ts";
import { type Check, error, lasting, ok, type Patient, runChecks, skipped, warning, worst } from "./check.ts";
import { judgeBackup } from "./checks/backup.ts";
import { judgeAge } from "./checks/certificate.ts";
import { amongPeers, apart, behind } from "./checks/clock.ts";
import { judgeRoom } from "./checks/disk.ts";
import { judgeDue } from "./checks/queue.ts";
import { placesOf } from "./checks/receivers.ts";
import { judgeTarget } from "./checks/targets.ts";
import { timeOf } from "./newest.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 1_440 * MINUTE;
const MB = 2 ** 20;

const patient: Patient = {
  config: {} as Config,
  clock: systemClock,
  guard: new TargetGuard({ rules: new AddressRules([]), lookup: async () => [] }),
  data: undefined,
  peers: async () => [],
};

describe("checks", () => {
  test("run side by side, and are told in their order with how long they took", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const checks: Check[] = [
      { name: "waits", run: () => promise.then(() => ok("It waited.")) },
      { name: "ends", run: () => (resolve(), warning("It ended.", "Mend it.")) },
    ];
    const results = await runChecks(checks, patient);
    expect(results.map(({ name, status }) => [name, status])).toEqual([
      ["waits", "ok"],
      ["ends", "warning"],
    ]);
    for (const { took_ms } of results) expect(took_ms).toBeGreaterThanOrEqual(0);
  });

  test("that fail themselves are errors that say why, and the others go on", async () => {
    const broken: Check = {
      name: "broken",
      run: () => {
        throw new Error("no such thing");
      },
    };
    const [first, second] = await runChecks([broken, { name: "whole", run: () => ok("Good.") }], patient);
    expect(first).toMatchObject({ status: "error", message: "It could not be looked at: no such thing" });
    expect(second?.status).toBe("ok");
  });

  test("of which one part is wrong tell of that alone, and of all that is wrong", () => {
    expect(worst([ok("a"), warning("b", "B"), skipped("c"), error("d", "D")])).toEqual({
      ...{ status: "error", message: "d b", remedy: "D B" },
    });
    expect(worst([ok("a"), ok("b")])).toEqual({ status: "ok", message: "a b" });
  });
});

test.each([
  [50, "error"],
  [500, "warning"],
  [2_000, "warning"],
  [6_000, "ok"],
])("%i MB free, beside a database of 5000 MB: %s", (free, status) => {
  expect(judgeRoom("/data", { free: free * MB, all: 10_000 * MB, copy: 5_000 * MB }).status).toBe(
    status as "ok",
  );
});

test.each([
  [0, "ok"],
  [10 * SECOND, "warning"],
  [2 * MINUTE, "error"],
])("a clock that is %i ms behind what is stored: %s", (ms, status) => {
  expect(behind(ms).status).toBe(status as "ok");
  expect(apart(-ms).status).toBe(status as "ok");
});

test.each([
  [[], undefined],
  [[1, -2, 3], undefined],
  [[-7_200], "warning"],
  [[-7_200, 0], undefined],
  [[-7_200, -7_201, 0], "warning"],
  [[-7_200, -7_201, -7_202, 0], "error"],
  [[30, 31, 32], "warning"],
  [[-7_200, 7_200, 0], undefined],
])("other servers' clocks that are %p s ahead: %p", (seconds, status) => {
  const peers = seconds.map((ahead, index) => ({
    origin: `https://${index}.example`,
    ahead: ahead * SECOND,
  }));
  expect(amongPeers(peers)?.status).toBe(status as "warning" | undefined);
});

test("the time of a delivery and of an operation is read from its id", () => {
  const before = Date.now();
  const id = Bun.randomUUIDv7();
  expect(timeOf(id)).toBeGreaterThanOrEqual(before);
  expect(timeOf(`msg_${id.replaceAll("-", "")}`)).toBe(timeOf(id));
  expect(timeOf("receiver")).toBe(0);
  expect(timeOf(undefined)).toBe(0);
});

test.each([
  [-1, "error"],
  [3 * DAY, "error"],
  [10 * DAY, "warning"],
  [30 * DAY, "ok"],
])("a certificate that ends in %i ms: %s", (left, status) => {
  expect(judgeAge(left, "DNS:koppla.example").status).toBe(status as "ok");
});

test.each([
  [undefined, "ok"],
  [MINUTE, "ok"],
  [10 * MINUTE, "warning"],
  [120 * MINUTE, "error"],
])("a delivery that has been due for %p ms: %s", (age, status) => {
  expect(judgeDue(age).status).toBe(status as "ok");
});

describe("backups", () => {
  const now = Date.UTC(2026, 10, 21);
  const none = { last_at: null, last_ok: null, last_failure: null, path: null, schedule: null };
  const made = (days: number) => ({
    ...{ ...none, last_at: new Date(now - days * DAY).toISOString(), last_ok: true, path: "/backups" },
  });

  test("none is a warning, an old one worse", () => {
    expect(judgeBackup(none, now).status).toBe("warning");
    expect(judgeBackup({ ...none, path: "/backups", last_ok: false }, now).status).toBe("warning");
    expect(judgeBackup(made(1), now).status).toBe("ok");
    expect(judgeBackup(made(3), now).status).toBe("warning");
    expect(judgeBackup(made(8), now).status).toBe("error");
  });

  test("one that failed is an error that says why, however young the one before is", () => {
    const last_failure = { at: new Date(now - 2 * 60 * MINUTE).toISOString(), reason: "No room." };
    expect(judgeBackup({ ...made(1), last_ok: false, last_failure }, now)).toMatchObject({
      status: "error",
      message:
        "The backup of 2 hours ago was not made: No room. The last one was made at 2026-11-20T00:00:00.000Z.",
    });
  });
});

test.each([
  ["10.0.0.0/8", undefined],
  ["192.168.0.1", undefined],
  ["erp.local", undefined],
  ["fc00::/7", undefined],
  ["0.0.0.0/0", "warning"],
  ["::/0", "warning"],
  ["169.254.169.254", "warning"],
])("allow_targets with %s: %p", (entry, status) => {
  expect(judgeTarget(entry)?.status).toBe(status as "warning" | undefined);
});

test("each place is tried once, however many receivers are there", () => {
  const at = (name: string, url: string) => ({ name, url, tls: null }) as Receiver;
  const places = placesOf(
    [at("a", "https://x.example/1"), at("b", "https://x.example/2"), at("c", "https://x.example:8443/")],
    () => true,
  );
  expect(places.map(({ origin, names }) => [origin, names])).toEqual([
    ["https://x.example", ["a", "b"]],
    ["https://x.example:8443", ["c"]],
  ]);
});

test.each([
  [0, "0 seconds"],
  [1_000, "1 second"],
  [61 * MINUTE, "1 hour"],
  [3.5 * DAY, "3 days"],
])("%i ms are %s", (ms, text) => {
  expect(lasting(ms)).toBe(text);
});
