import { expect, test } from "bun:test";
import type { Received } from "../listen/listener.ts";
import { Arrivals, keyOf } from "./arrivals.ts";

function bundle(ids: number[], more: Partial<Received> = {}): Received {
  const changes = ids.map((id) => ({ what: "update", object: "university", id, url: null }));
  return {
    at: 0,
    method: "POST",
    path: "/",
    id: "msg",
    attempt: 1,
    verified: true,
    reason: null,
    status: 204,
    bytes: 1,
    contents: { format: "changes", changes },
    body: "",
    ...more,
  };
}

const keys = (...ids: number[]) => ids.map((id) => keyOf({ object: "university", id }));

/** Whether `promise` has resolved by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Promise.resolve().then(() => false)]);
}

test("waits until the last object was heard of", async () => {
  const arrivals = new Arrivals();
  const all = arrivals.allOf(keys(1, 2, 3));
  arrivals.add(bundle([3, 1]));
  expect(await isDone(all)).toBeFalse();
  arrivals.add(bundle([2, 1]));
  await all;
  expect([arrivals.bundles, arrivals.changes]).toEqual([2, 4]);
});

test("what was heard of before is not waited for", async () => {
  const arrivals = new Arrivals();
  arrivals.add(bundle([1]));
  await arrivals.allOf(keys(1));
  await arrivals.allOf([]);
});

test("an unverified bundle and a repeat bring no news", async () => {
  const arrivals = new Arrivals();
  const all = arrivals.allOf(keys(1));
  arrivals.add(bundle([1], { verified: false }));
  arrivals.add(bundle([1], { attempt: 2 }));
  expect(await isDone(all)).toBeFalse();
  expect(arrivals.bundles).toBe(0);
});
