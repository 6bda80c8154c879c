import { expect, test } from "bun:test";

import type { Receiver } from "../receivers/receiver.ts";
import { ReceiverQueue } from "./queue.ts";

const queue = () => new ReceiverQueue({ id: "r" } as Receiver, 4);

test("a receiver that answers quickly is given more at a time, up to 64", () => {
  const one = queue();
  for (let i = 0; i < 12; i++) one.learn(true, 5);
  expect(one.window).toBe(16);
  for (let i = 0; i < 100; i++) one.learn(true, 5);
  expect(one.window).toBe(64);
});

test("the first failure brings it back to the configured number", () => {
  const one = queue();
  for (let i = 0; i < 100; i++) one.learn(true, 5);
  one.learn(false, 5);
  expect(one.window).toBe(4);
  expect(one.claimSize()).toBe(4);
});

test("one that becomes slow is given less and less, never less than configured", () => {
  const one = queue();
  for (let i = 0; i < 100; i++) one.learn(true, 5);
  for (let i = 0; i < 3; i++) one.learn(true, 2_000);
  expect(one.window).toBeLessThan(32);
  for (let i = 0; i < 20; i++) one.learn(true, 2_000);
  expect(one.window).toBe(4);
});

test("one that is slow from the start is never given more", () => {
  const one = queue();
  for (let i = 0; i < 50; i++) one.learn(true, 400);
  expect(one.window).toBe(4);
  expect(one.claimSize()).toBeLessThanOrEqual(32);
});

test("a receiver is crowded when only what it has open keeps the next bundle back", () => {
  const one = queue();
  expect(one.isCrowded(0)).toBe(false);
  one.open = 3;
  expect([one.wants(0), one.isCrowded(0)]).toEqual([false, true]);
  one.paused = "account disabled";
  expect(one.isCrowded(0)).toBe(false);
  one.paused = undefined;
  one.learn(true, 5);
  expect([one.wants(0), one.isCrowded(0)]).toEqual([true, false]);
});
