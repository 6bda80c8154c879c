/**
 * What a receiver's requests are signed with: several secrets and keys while one replaces another.
 *
 * When one ends is written beside it and asked at each signature, so that no timer has to be right, whatever dies.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

import type { Timed } from "./receiver.ts";

/** More than these make a header that some receivers refuse. */
export const MAX_KEYS = 5;

/** Those that sign at `now`, milliseconds since 1970, newest first. */
export function inForce<T>(all: readonly Timed<T>[], now: number): T[] {
  return all.filter(({ until }) => until === null || until > now).map(({ value }) => value);
}

/**
 * Puts a new one in front. Those before sign on until `now + overlap` at the most: a short overlap also ends what an
 * earlier, longer one has left.
 * @param overlap  milliseconds
 */
export function succeed<T>(all: readonly Timed<T>[], value: T, now: number, overlap: number): Timed<T>[] {
  const end = now + overlap;
  const before = all
    .map((one) => ({ ...one, until: Math.min(one.until ?? end, end) }))
    .filter(({ until }) => until > now);
  return [{ value, until: null }, ...before];
}

/** What goes before a seed of 32 bytes in PKCS #8 (RFC 8410, section 7). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
/** What goes before the public key of 32 bytes in SubjectPublicKeyInfo. */
const SPKI_HEAD_BYTES = 12;

/** A new ed25519 key's seed in base64, as it is stored (sealed). */
export function generateSeed(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toBase64();
}

export function keyOfSeed(seed: string): KeyObject {
  const der = Buffer.concat([PKCS8_HEAD, Buffer.from(seed, "base64")]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

/** The public half of an ed25519 key: as Standard Webhooks writes it (`whpk_` and base64), and as PEM. */
export function publicKeyOf(key: KeyObject): { key: string; pem: string } {
  const half = createPublicKey(key);
  const raw = half.export({ format: "der", type: "spki" }).subarray(SPKI_HEAD_BYTES);
  return { key: `whpk_${raw.toString("base64")}`, pem: half.export({ format: "pem", type: "spki" }) };
}
