import { expect, test } from "bun:test";

import type { AccountRow } from "../accounts/account.ts";
import { ManualClock } from "../clock.ts";
import type { Store } from "../store/store.ts";
import { KnownClients } from "./known-clients.ts";

const client = (secretEndsAt: number | null) => ({
  ...{ account: { id: "a" } as AccountRow, organisationAllowedIps: [] },
  token: { id: "t", expiresAt: secretEndsAt },
});

function make(epoch: () => number | undefined = () => 1) {
  const clock = new ManualClock();
  const clients = new KnownClients({ store: { epoch } as Store, clock });
  /** As a login does: it looks, finds nothing, looks up, and keeps. */
  const keep = (secretEndsAt: number | null = null, meanwhile = () => {}) => {
    clients.find("key");
    const { generation } = clients;
    meanwhile();
    clients.keep("key", client(secretEndsAt), generation);
  };
  return { clock, clients, keep, found: () => clients.find("key")?.account.id };
}

test("a client is known for half a minute", () => {
  const { clock, keep, found } = make();
  keep();
  clock.advance(29_999);
  expect(found()).toBe("a");
  clock.advance(1);
  expect(found()).toBeUndefined();
});

test("not beyond its secret", () => {
  const { clock, keep, found } = make();
  keep(clock.now() + 5_000);
  clock.advance(4_999);
  expect(found()).toBe("a");
  clock.advance(1);
  expect(found()).toBeUndefined();
});

test("not when an account was changed, here or by another process", () => {
  let epoch = 1;
  const { clients, keep, found } = make(() => epoch);
  keep();
  clients.forget();
  expect(found()).toBeUndefined();
  keep();
  epoch++;
  expect(found()).toBeUndefined();
});

test("not when it was changed while it was looked up", () => {
  const { clients, keep, found } = make();
  keep(null, () => clients.forget());
  expect(found()).toBeUndefined();
});

test("not where other processes' changes are not heard of", () => {
  const { keep, found } = make(() => undefined);
  keep();
  expect(found()).toBeUndefined();
});
