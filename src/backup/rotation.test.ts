import { expect, test } from "bun:test";

import { nameAt, timeOf } from "./format.ts";
import { toRemove } from "./rotation.ts";

const at = (text: string) => nameAt(Date.parse(text));

test("a scheduled backup's name carries its time", () => {
  const name = at("2026-11-21T19:05:07.250Z");
  expect(name).toBe("koppla-20261121T190507Z.kopplabackup");
  expect(timeOf(name)).toBe(Date.parse("2026-11-21T19:05:07Z"));
  expect(timeOf("koppla-before-the-move.kopplabackup")).toBeUndefined();
});

test("the newest of each day stays for as many days, the newest of each week for as many weeks", () => {
  // 2026-11-22 is a Sunday.
  const days = Array.from({ length: 30 }, (_, back) => {
    const day = new Date(Date.parse("2026-11-22T02:30:00Z") - back * 86_400_000);
    return day.toISOString().slice(0, 10);
  });
  const names = days.flatMap((day) => [at(`${day}T02:30:00Z`), at(`${day}T14:00:00Z`)]);
  const gone = new Set(toRemove(names, { daily: 3, weekly: 3 }));
  expect(names.filter((name) => !gone.has(name)).toSorted()).toEqual([
    at("2026-11-08T14:00:00Z"),
    at("2026-11-15T14:00:00Z"),
    at("2026-11-20T14:00:00Z"),
    at("2026-11-21T14:00:00Z"),
    at("2026-11-22T14:00:00Z"),
  ]);
});

test("days without a backup do not count, so a server that was off for long keeps what it had", () => {
  const names = [at("2026-01-01T02:30:00Z"), at("2026-01-02T02:30:00Z"), at("2026-11-22T02:30:00Z")];
  expect(toRemove(names, { daily: 3, weekly: 0 })).toEqual([]);
});

test("the newest stays whatever is asked for, and what has another name is left alone", () => {
  const newest = at("2026-11-22T02:30:00Z");
  const older = at("2026-11-21T02:30:00Z");
  const others = ["koppla-before-the-move.kopplabackup", "notes.txt", `${older}.part`];
  expect(toRemove([older, ...others, newest], { daily: 0, weekly: 0 })).toEqual([older]);
});
