import { expect, test } from "bun:test";

import { newDeliveryId } from "./body.ts";
import { successorIds } from "./succeed.ts";

/** The ids of the single changes that a delivery of so many comes to, always halved. */
function leaves(id: string, size: number): string[] {
  if (size === 1) return [id];
  const first = Math.ceil(size / 2);
  const [one = "", two = ""] = successorIds(id, [first, size - first]);
  expect(one > id && two > one).toBe(true);
  return [...leaves(one, first), ...leaves(two, size - first)];
}

test("successors of successors keep the order of what they tell, before what was made later", () => {
  const [id, next] = [newDeliveryId(1_000), newDeliveryId(1_000)];
  const ids = leaves(id, 10_000);
  expect(new Set(ids).size).toBe(10_000);
  expect(ids.toSorted()).toEqual(ids);
  expect(ids.every((one) => /^msg_[0-9a-f]{32}$/.test(one) && one < next)).toBe(true);
});

test("one that loses nothing keeps its place for hundreds of generations", () => {
  const [first = "", second = ""] = successorIds(newDeliveryId(1_000), [1, 1]);
  let id = first;
  for (let generation = 0; generation < 500; generation++) [id = ""] = successorIds(id, [1]);
  expect(id > first && id < second).toBe(true);
});

test("successors of the last id that there can be are still after one another", () => {
  const last = `${newDeliveryId(1_000).slice(0, 24)}ffffffffffff`;
  const ids = successorIds(last, [1, 2, 3]);
  expect(ids.toSorted()).toEqual(ids);
  expect(ids.every((id) => id.startsWith(last.slice(0, 24)) && id.length === last.length)).toBe(true);
});
