import { expect, test } from "bun:test";
import { createPublicKey, sign, verify } from "node:crypto";

import { generateSeed, inForce, keyOfSeed, publicKeyOf, succeed } from "./keys.ts";

const DAY = 86_400_000;

test("a new one signs beside those before until the overlap ends, and alone from then on", () => {
  const all = succeed([{ value: "old", until: null }], "new", 1_000, DAY);
  expect(inForce(all, 1_000)).toEqual(["new", "old"]);
  expect(inForce(all, 1_000 + DAY - 1)).toEqual(["new", "old"]);
  expect(inForce(all, 1_000 + DAY)).toEqual(["new"]);
});

test("without overlap the one before ends at once", () => {
  const all = succeed([{ value: "old", until: null }], "new", 1_000, 0);
  expect(all).toEqual([{ value: "new", until: null }]);
});

test("a second rotation lets none live longer than the first one said, and a shorter one ends them sooner", () => {
  const first = succeed([{ value: "a", until: null }], "b", 0, DAY);
  const longer = succeed(first, "c", 1_000, 7 * DAY);
  expect(longer).toEqual([
    { value: "c", until: null },
    { value: "b", until: 1_000 + 7 * DAY },
    { value: "a", until: DAY },
  ]);
  expect(succeed(longer, "d", 2_000, 0)).toEqual([{ value: "d", until: null }]);
  const ended = succeed(longer, "d", 2 * DAY, DAY);
  expect(ended.map(({ value }) => value)).toEqual(["d", "c", "b"]);
});

test("an ed25519 key is made from its seed, and its public half is told as whpk_ and as PEM", () => {
  const key = keyOfSeed(generateSeed());
  const told = publicKeyOf(key);
  const raw = Buffer.from(told.key.slice("whpk_".length), "base64");
  expect(raw).toHaveLength(32);
  const signature = sign(null, Buffer.from("content"), key);
  const fromRaw = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") },
    format: "jwk",
  });
  for (const half of [createPublicKey(told.pem), fromRaw]) {
    expect(verify(null, Buffer.from("content"), half, signature)).toBe(true);
    expect(verify(null, Buffer.from("Content"), half, signature)).toBe(false);
  }
});

test("the seed of RFC 8032's first test gives its public key", () => {
  const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
  const expected = Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex");
  expect(publicKeyOf(keyOfSeed(seed.toString("base64"))).key).toBe(`whpk_${expected.toString("base64")}`);
});
