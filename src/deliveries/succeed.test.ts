import { expect, test } from "bun:test";

import { newDeliveryId } from "./body.ts";
import { successorIds } from "./succeed.ts";

test("successors sort after what they succeed, after one another, and before what was made later", () => {
  const [id, next] = [newDeliveryId(1_000), newDeliveryId(1_000)];
  let generation = [id];
  const all = [id];
  for (let depth = 0; depth < 14; depth++) {
    generation = generation
      .slice(-2)
      .flatMap((one) => successorIds(one, 2))
      .sort()
      .slice(-2);
    all.push(...generation);
  }
  expect(all.toSorted()).toEqual(all);
  expect(all.every((one) => /^msg_[0-9a-f]{32}$/.test(one) && one < next)).toBe(true);
});

test("successors of the last id that there can be are still after one another", () => {
  const last = `${newDeliveryId(1_000).slice(0, 24)}ffffffffffff`;
  const ids = successorIds(last, 3);
  expect(ids.toSorted()).toEqual(ids);
  expect(ids.every((id) => id.startsWith(last.slice(0, 24)) && id.length === last.length)).toBe(true);
});
