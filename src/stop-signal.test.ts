import { expect, test } from "bun:test";

import { ManualClock } from "./clock.ts";
import { aborted, pause } from "./stop-signal.ts";

test("a pause ends by the clock", async () => {
  const clock = new ManualClock();
  const waiting = pause(1000, new AbortController().signal, clock);
  clock.advance(1000);
  expect(await waiting).toBeTrue();
});

test("a pause ends early when it is asked to stop, and takes its timer along", async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const waiting = pause(1000, controller.signal, clock);
  controller.abort();
  expect(await waiting).toBeFalse();
  expect(await pause(1000, controller.signal, clock)).toBeFalse();
  // Nothing is left to run: advancing past both would resolve a promise twice, or leave a timer behind.
  clock.advance(2000);
});

test("what waits for the stop goes on, before and after", async () => {
  const controller = new AbortController();
  const waiting = aborted(controller.signal);
  controller.abort();
  await waiting;
  await aborted(controller.signal);
});
