import { expect, test } from "bun:test";

import { isActive, mayUseFrom } from "./account.ts";

const NOW = Date.UTC(2026, 0, 1);
const good = { expiresAt: null, disabledAt: null, deletedAt: null };

test("an account is active until it is disabled, deleted or expired", () => {
  expect(isActive(good, NOW)).toBe(true);
  expect(isActive({ ...good, expiresAt: NOW + 1 }, NOW)).toBe(true);
  expect(isActive({ ...good, expiresAt: NOW }, NOW)).toBe(false);
  expect(isActive({ ...good, disabledAt: NOW + 1 }, NOW)).toBe(false);
  expect(isActive({ ...good, deletedAt: 0 }, NOW)).toBe(false);
});

test("its own addresses and its organisation's must both contain the caller's, where there are any", () => {
  const own = { allowedIps: ["192.0.2.0/24"] };
  const organisation = ["192.0.2.7", "198.51.100.1"];
  expect(mayUseFrom(own, [], "192.0.2.9")).toBe(true);
  expect(mayUseFrom(own, organisation, "192.0.2.7")).toBe(true);
  expect(mayUseFrom(own, organisation, "192.0.2.9")).toBe(false);
  expect(mayUseFrom(own, organisation, "198.51.100.1")).toBe(false);
  expect(mayUseFrom({ allowedIps: [] }, organisation, "198.51.100.1")).toBe(true);
  expect(mayUseFrom(own, [], null)).toBe(false);
});

test("where there are none, the caller's is not even asked for", () => {
  const address = () => {
    throw new Error("it was asked for");
  };
  expect(mayUseFrom({ allowedIps: [] }, [], address)).toBe(true);
});
