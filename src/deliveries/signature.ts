/**
 * Signatures of webhooks: Standard Webhooks (https://www.standardwebhooks.com), which every receiver has,
 * and WebSub (W3C WebSub, section 8), which a receiver may ask for beside it. Pure functions over bytes.
 */
import type { KeyObject } from "node:crypto";

import { cryptoModule } from "../builtin.ts";
import { invalid } from "../problem.ts";

const SECRET_PREFIX = "whsec_";
const SHORTEST_KEY = 24;
const LONGEST_KEY = 64;

export const websubMethods = ["sha1", "sha256", "sha384", "sha512"] as const;
export type WebsubMethod = (typeof websubMethods)[number];

/** What checking a signature says; `reason` is a sentence part for the person who debugs the receiver. */
export type Verification = { ok: true } | { ok: false; reason: string };

/** A new receiver secret: `whsec_` and the base64 of 32 random bytes. */
export function generateSecret(random: (bytes: Uint8Array<ArrayBuffer>) => void = fillRandom): string {
  const bytes = new Uint8Array(32);
  random(bytes);
  return SECRET_PREFIX + bytes.toBase64();
}

function fillRandom(bytes: Uint8Array<ArrayBuffer>): void {
  crypto.getRandomValues(bytes);
}

/**
 * The key in a `whsec_` secret, 24 to 64 bytes (Standard Webhooks, "Signature scheme").
 * Only canonical base64 is taken, because partners' libraries disagree about everything else.
 *
 * @param field  what the problem calls the input
 * @throws Problem `invalid`; its text never repeats the secret
 */
export function parseSecret(secret: string, field = "secret"): Uint8Array {
  if (!secret.startsWith(SECRET_PREFIX))
    throw invalid(field, `must start with ${SECRET_PREFIX}, followed by the base64 of the key`);
  const text = secret.slice(SECRET_PREFIX.length);
  const key = Buffer.from(text, "base64");
  if (key.toString("base64") !== text)
    throw invalid(field, `must be padded base64 (A-Z a-z 0-9 + / =) after ${SECRET_PREFIX}`);
  if (key.length < SHORTEST_KEY || key.length > LONGEST_KEY)
    throw invalid(field, `must hold ${SHORTEST_KEY} to ${LONGEST_KEY} bytes, found ${key.length}`);
  return new Uint8Array(key);
}

/**
 * The `webhook-signature` header of one attempt: `v1,<base64>`, one per key, separated by a space.
 * Several keys are in force while a secret is rotated.
 *
 * Every attempt passes here. HMAC-SHA-256 with base64, microseconds of CPU (Bun 1.4.5, bodies of 0.2, 2 and 40 kB):
 * node:crypto createHmac 1.8, 4.3, 40; Bun.CryptoHasher 0.8, 2.2, 30; a copy of a keyed Bun.CryptoHasher 0.5, 2.1, 29.
 * Joining head and body first makes it 57 at 40 kB: hence two updates. The copy would need a cache of keyed hashers
 * to win 0.3 of the some 40 microseconds of a delivery: not worth its state.
 *
 * @param timestampSeconds  when this attempt is made, whole seconds since 1970; it is sent as `webhook-timestamp`
 * @param body  exactly what is sent; its UTF-8 bytes are signed
 */
export function sign(
  keys: readonly Uint8Array[],
  id: string,
  timestampSeconds: number,
  body: string | Uint8Array,
): string {
  const head = `${id}.${timestampSeconds}.`;
  let header = "";
  for (const key of keys) {
    if (header !== "") header += " ";
    header += `v1,${new Bun.CryptoHasher("sha256", key).update(head).update(body).digest("base64")}`;
  }
  return header;
}

/** As {@link sign}, of a body that comes in pieces and is nowhere as a whole. */
export async function signStream(
  keys: readonly Uint8Array[],
  id: string,
  timestampSeconds: number,
  body: AsyncIterable<Uint8Array>,
): Promise<string> {
  const head = `${id}.${timestampSeconds}.`;
  const hashers = keys.map((key) => new Bun.CryptoHasher("sha256", key).update(head));
  for await (const piece of body) for (const hasher of hashers) hasher.update(piece);
  return hashers.map((hasher) => `v1,${hasher.digest("base64")}`).join(" ");
}

/**
 * The asymmetric signatures of Standard Webhooks, `v1a,<base64>`, one per ed25519 key (RFC 8032) over the same bytes as
 * {@link sign}: they are added to the header behind its own. 65 microseconds of CPU each.
 */
export function signAsymmetric(
  keys: readonly KeyObject[],
  id: string,
  timestampSeconds: number,
  body: string,
): string {
  const content = Buffer.from(`${id}.${timestampSeconds}.${body}`);
  return keys.map((key) => `v1a,${cryptoModule().sign(null, content, key).toString("base64")}`).join(" ");
}

/**
 * Checks a received webhook as Standard Webhooks asks: the three headers, a timestamp close to now (against replay),
 * and one signature made with one of the keys, compared in constant time.
 *
 * @param keys  every key in force, as {@link parseSecret} gives them
 * @param body  the raw bytes, before any parsing
 * @param now  milliseconds since 1970
 * @param toleranceSeconds  how far the timestamp may be from `now`, either way
 */
export function verify(input: {
  keys: readonly Uint8Array[];
  headers: Headers;
  body: string | Uint8Array;
  now: number;
  toleranceSeconds?: number;
}): Verification {
  const { keys, headers, body, now, toleranceSeconds = 300 } = input;
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signatures = headers.get("webhook-signature");
  if (!id) return { ok: false, reason: "no webhook-id header" };
  if (!timestamp) return { ok: false, reason: "no webhook-timestamp header" };
  if (!signatures) return { ok: false, reason: "no webhook-signature header" };
  if (!/^[0-9]{1,12}$/.test(timestamp))
    return { ok: false, reason: "webhook-timestamp is not a number of seconds" };
  const ahead = Number(timestamp) - Math.floor(now / 1000);
  if (Math.abs(ahead) > toleranceSeconds) {
    const off = ahead < 0 ? `${-ahead} s old` : `${ahead} s in the future`;
    return { ok: false, reason: `webhook-timestamp is ${off}, allowed are ${toleranceSeconds} s` };
  }

  const given = signatures.split(" ").filter((part) => part.startsWith("v1,"));
  if (given.length === 0) return { ok: false, reason: "webhook-signature has no v1 signature" };
  const head = `${id}.${timestamp}.`;
  for (const key of keys) {
    const hash = new Bun.CryptoHasher("sha256", key).update(head).update(body).digest("base64");
    if (given.some((part) => equal(part, `v1,${hash}`))) return { ok: true };
  }
  return { ok: false, reason: "no webhook-signature was made with the secret over these bytes" };
}

/**
 * The `x-hub-signature` header: `<method>=<hex HMAC of the body>` (W3C WebSub, section 8).
 * The secret is any text; its UTF-8 bytes are the key.
 */
export function websubSignature(method: WebsubMethod, secret: string, body: string | Uint8Array): string {
  return `${method}=${new Bun.CryptoHasher(method, secret).update(body).digest("hex")}`;
}

/** Checks `x-hub-signature` with one of the secrets in force, by the method that the header names, in constant time. */
export function verifyWebsub(input: {
  secrets: readonly string[];
  header: string | null;
  body: string | Uint8Array;
}): Verification {
  const { secrets, header, body } = input;
  if (!header) return { ok: false, reason: "no x-hub-signature header" };
  const name = header.slice(0, header.indexOf("="));
  const method = websubMethods.find((known) => known === name);
  if (!method) return { ok: false, reason: `x-hub-signature names none of ${websubMethods.join(", ")}` };
  const given = method + header.slice(name.length).toLowerCase();
  if (secrets.some((secret) => equal(given, websubSignature(method, secret, body)))) return { ok: true };
  return { ok: false, reason: "the x-hub-signature was not made with the secret over these bytes" };
}

/** Compares without telling by its duration where the texts differ. Their length is no secret. */
function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && cryptoModule().timingSafeEqual(left, right);
}
