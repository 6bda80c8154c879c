import { describe, expect, test } from "bun:test";

import { ManualClock } from "../clock.ts";
import { Problem } from "../problem.ts";
import { LONGEST_WAIT, UploadGate } from "./upload-gate.ts";

const LARGE = 100_000_000;

describe("the gate for large requests", () => {
  const gateOf = (atOnce: number) => {
    const clock = new ManualClock();
    return { clock, gate: new UploadGate({ clock, atOnce }) };
  };

  test("lets as many in as may be, and others in their turn", async () => {
    const { gate } = gateOf(2);
    const [first] = [await gate.enter(LARGE), await gate.enter(undefined)];
    const entered: number[] = [];
    const third = gate.enter(LARGE).then((leave) => (entered.push(3), leave));
    const fourth = gate.enter(LARGE).then((leave) => (entered.push(4), leave));
    await Promise.resolve();
    expect(entered).toEqual([]);
    first();
    first();
    (await third)();
    await fourth;
    expect(entered).toEqual([3, 4]);
  });

  test("lets small ones pass", async () => {
    const { gate } = gateOf(1);
    await gate.enter(LARGE);
    (await gate.enter(1_000))();
  });

  test("sends away who has waited long, with the time to come back", async () => {
    const { gate, clock } = gateOf(1);
    const leave = await gate.enter(LARGE);
    const waiting = gate.enter(LARGE).catch((error: unknown) => error);
    clock.advance(LONGEST_WAIT);
    const refused = await waiting;
    expect(refused).toBeInstanceOf(Problem);
    expect(refused).toMatchObject({ code: "unavailable", headers: { "retry-after": "10" } });
    leave();
    await gate.enter(LARGE);
  });

  test("sends away at once who would be one too many to wait", async () => {
    const { gate } = gateOf(1);
    await gate.enter(LARGE);
    const waiting = Array.from({ length: 32 }, () => gate.enter(LARGE).catch(() => {}));
    expect(waiting.length).toBe(32);
    await expect(gate.enter(LARGE)).rejects.toThrow(Problem);
  });
});
