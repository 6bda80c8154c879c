import { expect, test } from "bun:test";

import { SetBack } from "./set-back.ts";

test("a clock that is set back is noticed once, by how much; one that is put forward or corrected is not", () => {
  let [clock, running] = [1_000_000_000, 5];
  const setBack = new SetBack({ now: () => clock }, () => running);
  const pass = (ms: number) => {
    clock += ms;
    running += ms;
  };
  const looks: number[] = [];
  for (const change of [0, -3_600_000, 0, 7_200_000, -500, -120_000, 0]) {
    pass(10_000_000);
    clock += change;
    looks.push(setBack.look());
  }
  expect(looks).toEqual([0, 3_600_000, 0, 0, 0, 120_500, 0]);
});
