import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";

import { canonicalJson, type ChainedEvent, genesis, hashOf } from "./chain.ts";

const event: ChainedEvent = {
  sequence: 7,
  at: Date.UTC(2026, 10, 21, 19, 5),
  action: "account.create",
  outcome: "success",
  subject: "user:åsa",
  actor: null,
  client: null,
  target: 'account:"quoted"',
  address: "192.0.2.7",
  requestId: "r-1",
  detail: '{"a":1,"b":[null,"ö"]}',
};

/** The event as the API shows it, written by RFC 8785 by hand. */
const CANONICAL =
  '{"action":"account.create","actor":null,"address":"192.0.2.7","at":"2026-11-21T19:05:00.000Z","client":null,' +
  '"detail":{"a":1,"b":[null,"ö"]},"outcome":"success","request_id":"r-1","sequence":7,' +
  '"subject":"user:åsa","target":"account:\\"quoted\\""}';

describe("the chain", () => {
  test("hashes the hash before and the event as the API shows it, in canonical JSON", () => {
    const expected = createHash("sha256").update(`before${CANONICAL}`, "utf8").digest("base64url");
    expect(hashOf("before", event)).toBe(expected);
  });

  test("is another whatever member of an event is another", () => {
    const others: Partial<ChainedEvent>[] = [
      { sequence: 8 },
      { at: event.at + 1 },
      { action: "account.delete" },
      { outcome: "denied" },
      { subject: "user:asa" },
      { actor: "account:acc_1" },
      { client: "acc_1" },
      { target: null },
      { address: null },
      { requestId: "r-2" },
      { detail: "{}" },
    ];
    const hashes = others.map((other) => hashOf("before", { ...event, ...other }));
    expect(new Set([hashOf("before", event), hashOf("after", event), ...hashes]).size).toBe(
      others.length + 2,
    );
    expect(others.flatMap(Object.keys).sort()).toEqual(Object.keys(event).sort());
  });

  test("begins otherwise for each organisation", () => {
    expect(genesis(1)).not.toBe(genesis(2));
    expect(genesis(1)).toMatch(/^[\w-]{43}$/);
  });
});

describe("canonical JSON", () => {
  test("has the members in the order of their UTF-16 code units (RFC 8785, 3.2.3)", () => {
    const given = { "\u20ac": 1, "\r": 2, "1": 3, "\u0080": 4, "\u00f6": 5, "\ud83d\ude00": 6, "\ufb33": 7 };
    expect(canonicalJson(given)).toBe('{"\\r":2,"1":3,"\u0080":4,"ö":5,"€":1,"😀":6,"\ufb33":7}');
  });

  test("leaves out what JSON has no words for, at any depth", () => {
    expect(canonicalJson({ b: undefined, a: [undefined, { d: undefined, c: -0 }] })).toBe(
      '{"a":[null,{"c":0}]}',
    );
  });
});
