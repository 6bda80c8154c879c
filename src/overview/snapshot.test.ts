import { expect, test } from "bun:test";

import type { ReceiverStanding } from "../deliveries/health.ts";
import { worstFirst } from "./snapshot.ts";

const standing = (name: string, more: Partial<ReceiverStanding> = {}): ReceiverStanding => ({
  ...{ id: name, name, url: "https://partner.example", sends: true, breaker: "closed" },
  ...{ backlog: 0, dueAt: undefined, failingSince: null },
  ...more,
});

test("receivers that fail come first, the longest of them before all; those that get nothing come last", () => {
  const sorted = worstFirst([
    standing("b idle"),
    standing("a disabled", { sends: false, failingSince: 1 }),
    standing("waits", { backlog: 3, dueAt: 50 }),
    standing("waits longer", { backlog: 1, dueAt: 40 }),
    standing("fails", { failingSince: 20, backlog: 1, dueAt: 60 }),
    standing("fails longer", { failingSince: 10 }),
    standing("is open", { breaker: "open", backlog: 2 }),
    standing("a idle"),
  ]);
  expect(sorted.map(({ name }) => name)).toEqual([
    ...["fails longer", "fails", "is open", "waits longer", "waits", "a idle", "b idle", "a disabled"],
  ]);
});
