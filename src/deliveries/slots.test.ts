import { describe, expect, test } from "bun:test";

import { type Holder, Slots, type Standing } from "./slots.ts";

const now = 1_000_000;
const LIMIT = 40;

const holder = (standing: Standing, quick = false): Holder => ({
  inFlight: 0,
  restricted: 0,
  least: 4,
  standing,
  quick,
  progressAt: now,
});

/** Takes as many places as it is given, up to `most`. */
function fill(slots: Slots<Holder>, one: Holder, most = 64, { retry = false, at = now } = {}): number {
  let taken = 0;
  while (taken < most && slots.may(one, retry, at)) {
    slots.begin(one, retry, at);
    taken++;
  }
  return taken;
}

describe("places", () => {
  test("are never more than there are", () => {
    const slots = new Slots<Holder>(LIMIT);
    const all = Array.from({ length: 60 }, () => holder("proven"));
    for (const one of all) fill(slots, one, 4);
    expect(slots.inFlight).toBe(LIMIT);
  });

  test("are half at most for all together that fail or hang; the rest is for those that work", () => {
    const slots = new Slots<Holder>(LIMIT);
    for (let i = 0; i < 300; i++) fill(slots, holder("troubled"), 4);
    expect(slots.inFlight).toBe(LIMIT / 2);
    const good = Array.from({ length: 10 }, () => holder("proven"));
    expect(good.map((one) => fill(slots, one, 2))).toEqual(Array(10).fill(2));
  });

  test("are one each for those that are new, three quarters at most together with those in trouble", () => {
    const slots = new Slots<Holder>(LIMIT);
    for (let i = 0; i < 300; i++) fill(slots, holder("troubled"), 4);
    const some = Array.from({ length: 300 }, () => holder("new"));
    expect(some.map((one) => fill(slots, one, 4)).filter((taken) => taken > 0)).toEqual(Array(10).fill(1));
    expect(slots.inFlight).toBe(LIMIT - LIMIT / 4);
    expect(fill(slots, holder("proven"), 4)).toBe(4);
  });

  test("are found by one that is new beside half as many that hang from the first", () => {
    const slots = new Slots<Holder>(LIMIT);
    const hang = Array.from({ length: LIMIT / 2 }, () => holder("new"));
    for (const one of hang) expect(fill(slots, one)).toBe(1);
    expect(fill(slots, holder("new"))).toBe(1);
  });

  test("are left to others by the new when they are too many, and given back to them in turn", () => {
    const slots = new Slots<Holder>(4);
    const rooms = Array.from({ length: 3 }, () => slots.begin(holder("new"), false, now));
    expect(rooms).toEqual(["new", "new", "new"]);
    const waits = holder("new");
    expect(fill(slots, waits)).toBe(0);
    slots.end({ ...holder("proven"), inFlight: 1 }, "new", now);
    const served: Holder[] = [];
    slots.serve((next) => served.push(next));
    expect(served).toEqual([waits]);
  });

  test("are half at most for retries, first attempts to the same receiver find others", () => {
    const slots = new Slots<Holder>(LIMIT);
    const all = Array.from({ length: 20 }, () => holder("proven"));
    for (const one of all) fill(slots, one, 4, { retry: true });
    expect(slots.inFlight).toBe(LIMIT / 2);
    expect(fill(slots, all[19] as Holder, 4)).toBe(4);
  });

  test("are not all for one, however quick it is", () => {
    const slots = new Slots<Holder>(LIMIT);
    expect(fill(slots, holder("proven"))).toBe(LIMIT - LIMIT / 4);
    expect(fill(slots, holder("proven"))).toBe(4);
  });

  test("of one that worked and now hangs are counted with those of the others in trouble", () => {
    const slots = new Slots<Holder>(LIMIT);
    const hangs = holder("proven");
    fill(slots, hangs);
    const later = now + 5_000;
    expect(slots.may(hangs, false, later)).toBe(false);
    expect(fill(slots, holder("troubled"), 1, { at: later })).toBe(0);
    expect(fill(slots, holder("proven"), 1, { at: later })).toBe(1);
    for (let left = hangs.inFlight; left > 0; left--) slots.end(hangs, "any", later);
    expect(hangs.restricted).toBe(0);
    expect(fill(slots, holder("troubled"), 1, { at: later })).toBe(1);
  });

  test("are given one at a time to those that answer quickly when many are taken, and four to those that do not", () => {
    const slots = new Slots<Holder>(1_000);
    const quick = () => holder("proven", true);
    for (let i = 0; i < 3; i++) expect(fill(slots, quick())).toBe(64);
    expect(fill(slots, quick())).toBe(1);
    expect(fill(slots, holder("proven"), 4)).toBe(4);
  });

  test("that become free go to those that wait, one after the other", () => {
    const slots = new Slots<Holder>(4);
    const first = Array.from({ length: 4 }, () => holder("proven"));
    for (const one of first) fill(slots, one, 1);
    const queue = Array.from({ length: 3 }, () => holder("proven"));
    for (const one of queue) expect(fill(slots, one, 1)).toBe(0);
    const served: number[] = [];
    for (const one of first) {
      slots.end(one, "any", now);
      slots.serve((next) => {
        served.push(queue.indexOf(next));
        fill(slots, next, 1);
      });
    }
    expect(served).toEqual([0, 1, 2]);
  });

  test("that are waited for in vain do not keep it busy", () => {
    const slots = new Slots<Holder>(4);
    const failing = Array.from({ length: 5 }, () => holder("troubled"));
    for (const one of failing) fill(slots, one, 1);
    expect(slots.inFlight).toBe(2);
    let asked = 0;
    slots.serve((next) => {
      asked++;
      fill(slots, next, 1);
    });
    expect(asked).toBe(0);
  });
});
