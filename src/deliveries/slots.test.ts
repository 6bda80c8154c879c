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

/** Places, and those that are called when there may be one for them. */
function places(limit: number) {
  const called: Holder[] = [];
  const timers: (() => void)[] = [];
  const clock = { now };
  const slots: Slots<Holder> = new Slots({
    limit,
    after: (_, fn) => timers.push(fn),
    use: (holder) => {
      called.push(holder);
      fill(slots, holder, 1, { at: clock.now });
    },
    now: () => clock.now,
  });
  return { slots, called, timers, clock };
}

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
    const { slots } = places(LIMIT);
    const all = Array.from({ length: 60 }, () => holder("proven"));
    for (const one of all) fill(slots, one, 4);
    expect(slots.inFlight).toBe(LIMIT);
  });

  test("are half at most for all together that fail or hang; the rest is for those that work", () => {
    const { slots } = places(LIMIT);
    for (let i = 0; i < 300; i++) fill(slots, holder("troubled"), 4);
    expect(slots.inFlight).toBe(LIMIT / 2);
    const good = Array.from({ length: 10 }, () => holder("proven"));
    expect(good.map((one) => fill(slots, one, 2))).toEqual(Array(10).fill(2));
  });

  test("are one each for those that are new, three quarters at most together with those in trouble", () => {
    const { slots } = places(LIMIT);
    for (let i = 0; i < 300; i++) fill(slots, holder("troubled"), 4);
    const some = Array.from({ length: 300 }, () => holder("new"));
    expect(some.map((one) => fill(slots, one, 4)).filter((taken) => taken > 0)).toEqual(Array(10).fill(1));
    expect(slots.inFlight).toBe(LIMIT - LIMIT / 4);
    expect(fill(slots, holder("proven"), 4)).toBe(4);
  });

  test("are found by one that is new beside half as many that hang from the first", () => {
    const { slots } = places(LIMIT);
    const hang = Array.from({ length: LIMIT / 2 }, () => holder("new"));
    for (const one of hang) expect(fill(slots, one)).toBe(1);
    expect(fill(slots, holder("new"))).toBe(1);
  });

  test("of the new are given in turn when there are too many of them", () => {
    const { slots, called } = places(4);
    const first = Array.from({ length: 3 }, () => holder("new"));
    for (const one of first) expect(fill(slots, one)).toBe(1);
    const waits = holder("new");
    expect(fill(slots, waits)).toBe(0);
    slots.end(first[0] as Holder, "new", now);
    slots.serve(now);
    expect(called).toEqual([waits]);
    expect(waits.inFlight).toBe(1);
  });

  test("of the new are begun 128 at a time, and more when half a second has brought no answer", () => {
    const { slots, called, timers, clock } = places(1_000);
    const many = Array.from({ length: 300 }, () => holder("new"));
    expect(many.filter((one) => fill(slots, one) === 1).length).toBe(128);
    expect(timers.length).toBe(1);
    clock.now += 500;
    timers[0]?.();
    expect([called.length, slots.inFlight]).toEqual([128, 256]);
    // Who has a place already keeps it, and who answers makes room for the next.
    slots.end(many[0] as Holder, "new", clock.now);
    slots.end(many[200] as Holder, "new", clock.now);
    slots.serve(clock.now);
    expect(slots.inFlight).toBe(255);
    clock.now += 500;
    timers.at(-1)?.();
    expect([called.length, slots.inFlight]).toEqual([172, 298]);
  });

  test("are half at most for retries, first attempts to the same receiver find others", () => {
    const { slots } = places(LIMIT);
    const all = Array.from({ length: 20 }, () => holder("proven"));
    for (const one of all) fill(slots, one, 4, { retry: true });
    expect(slots.inFlight).toBe(LIMIT / 2);
    expect(fill(slots, all[19] as Holder, 4)).toBe(4);
  });

  test("are not all for one, however quick it is", () => {
    const { slots } = places(LIMIT);
    expect(fill(slots, holder("proven"))).toBe(LIMIT - LIMIT / 4);
    expect(fill(slots, holder("proven"))).toBe(4);
  });

  test("of one that worked and now hangs are counted with those of the others in trouble", () => {
    const { slots } = places(LIMIT);
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
    const { slots } = places(1_000);
    const quick = () => holder("proven", true);
    for (let i = 0; i < 3; i++) expect(fill(slots, quick())).toBe(64);
    expect(fill(slots, quick())).toBe(1);
    expect(fill(slots, holder("proven"), 4)).toBe(4);
  });

  test("that become free go to those that wait, one after the other", () => {
    const { slots, called } = places(4);
    const first = Array.from({ length: 4 }, () => holder("proven"));
    for (const one of first) fill(slots, one, 1);
    const queue = Array.from({ length: 3 }, () => holder("proven"));
    for (const one of queue) expect(fill(slots, one, 1)).toBe(0);
    for (const one of first) {
      slots.end(one, "any", now);
      slots.serve(now);
    }
    expect(called.map((one) => queue.indexOf(one))).toEqual([0, 1, 2]);
  });

  test("that are waited for in vain do not keep it busy", () => {
    const { slots, called } = places(4);
    const failing = Array.from({ length: 5 }, () => holder("troubled"));
    for (const one of failing) fill(slots, one, 1);
    expect(slots.inFlight).toBe(2);
    slots.serve(now);
    expect(called).toEqual([]);
  });
});
