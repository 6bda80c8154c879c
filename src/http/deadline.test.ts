import { expect, test } from "bun:test";

import { Deadline } from "./deadline.ts";

const late = () => new Error("too late");

test("passes on what comes in time, good and bad", async () => {
  const deadline = new Deadline(10_000);
  expect(await deadline.limit(Promise.resolve(7), late)).toBe(7);
  expect(deadline.limit(Promise.reject(new Error("own")), late)).rejects.toThrow("own");
});

test("ends every wait that takes too long, those that began later too", async () => {
  const deadline = new Deadline(5);
  const never = new Promise<never>(() => {});
  const first = deadline.limit(never, late);
  expect(first).rejects.toThrow("too late");
  await first.catch(() => {});
  const second = deadline.limit(never, late);
  expect(second).rejects.toThrow("too late");
  await second.catch(() => {});
});
