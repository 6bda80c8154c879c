import { expect, test } from "bun:test";

import { ManualClock } from "../clock.ts";
import { openSupervisor } from "./supervisor.ts";

/** What systemd is told, a message each, with the time of a reload left out. */
function supervised(more: Record<string, string> = {}) {
  const told: string[] = [];
  const env: Record<string, string | undefined> = { NOTIFY_SOCKET: "/run/notify", PATH: "/bin", ...more };
  const clock = new ManualClock();
  const warned: unknown[] = [];
  const log = { warn: (message: string) => void warned.push(message) };
  const open = () => ({ send: (text: string) => (told.push(text), true), monotonic: () => 7n });
  return { told, env, clock, warned, log, supervisor: openSupervisor({ env, clock, log, open }) };
}

test("systemd hears when it serves and when it ends", () => {
  const { told, supervisor } = supervised();
  supervisor.ready("listens");
  supervisor.stopping();
  expect(told).toEqual(["READY=1\nSTATUS=listens", expect.stringMatching(/^STOPPING=1\nSTATUS=stopping/)]);
});

test("a sign of life comes at half of the time that the watchdog waits, also while it ends", () => {
  const { told, clock, supervisor } = supervised({
    WATCHDOG_USEC: "3000000",
    WATCHDOG_PID: `${process.pid}`,
  });
  clock.advance(10_000);
  expect(told).toEqual([]);
  supervisor.ready("listens");
  clock.advance(3_000);
  supervisor.stopping();
  clock.advance(1_500);
  const signs = () => told.filter((text) => text === "WATCHDOG=1");
  expect(signs()).toHaveLength(4);
  supervisor.stopped();
  clock.advance(10_000);
  expect(signs()).toHaveLength(4);
});

test("the watchdog of another process is none of ours", () => {
  const { told, clock, supervisor } = supervised({ WATCHDOG_USEC: "3000000", WATCHDOG_PID: "1" });
  supervisor.ready("listens");
  clock.advance(10_000);
  expect(told).toHaveLength(1);
});

test("reloads at once are told as one, with the time by which systemd tells it from others", async () => {
  const { told, supervisor } = supervised();
  supervisor.ready("listens");
  told.length = 0;
  const first = Promise.withResolvers<number>();
  const both = [supervisor.reloading(() => first.promise), supervisor.reloading(() => first.promise)];
  first.resolve(1);
  expect(await Promise.all(both)).toEqual([1, 1]);
  expect(told).toEqual(["RELOADING=1\nMONOTONIC_USEC=7\nSTATUS=reloading", "READY=1\nSTATUS=listens"]);
});

test("a reload that fails leaves it ready, with the first line of the reason", async () => {
  const { told, supervisor } = supervised();
  supervisor.ready("listens");
  const failing = supervisor.reloading(() => Promise.reject(new Error("needs a restart\nand more")));
  expect(failing).rejects.toThrow("needs a restart");
  await failing.catch(() => {});
  expect(told.at(-1)).toBe("READY=1\nSTATUS=listens; not reloaded: needs a restart");
});

test("programs that it starts cannot speak for it", () => {
  expect(supervised({ WATCHDOG_USEC: "1", WATCHDOG_PID: "1" }).env).toEqual({ PATH: "/bin" });
});

test("without systemd nothing is opened, and where it cannot be reached the log says so", async () => {
  const { clock, log, warned } = supervised();
  const open = () => {
    throw new Error("no such thing");
  };
  const alone = openSupervisor({ env: {}, clock, log, open });
  expect(await alone.reloading(async () => 5)).toBe(5);
  expect(warned).toEqual([]);
  openSupervisor({ env: { NOTIFY_SOCKET: "/run/notify" }, clock, log, open }).ready("listens");
  expect(warned).toHaveLength(1);
});
