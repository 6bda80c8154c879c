/**
 * Time-based one-time passwords (RFC 6238): 6 digits, 30 seconds, HMAC-SHA-1, as every authenticator app has them.
 *
 * Three HMACs of `node:crypto` take 40 µs; otplib's, in JavaScript, took 300 µs (measured), so that is only what the
 * tests judge by.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { renderSVG, renderUnicodeCompact } from "uqr";

/** Milliseconds for which a code is shown. */
export const STEP_MS = 30_000;
/** Steps before and after the present one whose codes are taken: clocks differ (RFC 6238, 5.2). */
const WINDOW = 1;
const DIGITS = 6;
/** 160 bits, as long as the hash (RFC 4226, 4). */
const SECRET_BYTES = 20;
/** Characters, of which each may be 12 in the URI: longer ones no QR code bears, and no app shows. */
const MAX_ISSUER = 40;
const MAX_LABEL = 80;
/** RFC 4648, 6. */
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** A new secret: 160 random bits in base32, 32 characters. */
export function newSecret(): string {
  const bits = [...randomBytes(SECRET_BYTES)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[Number.parseInt(five, 2)]).join("");
}

/**
 * What authenticator apps read (Google's Key URI Format).
 * @param issuer  whose account it is: the product, the organisation
 * @param label  which account
 */
export function otpauthUri({
  issuer,
  label,
  secret,
}: {
  issuer: string;
  label: string;
  secret: string;
}): string {
  const [from, name] = [cut(issuer, MAX_ISSUER), cut(label, MAX_LABEL)].map(encodeURIComponent);
  return `otpauth://totp/${from}:${name}?secret=${secret}&issuer=${from}`;
}

function cut(text: string, length: number): string {
  return [...text.toWellFormed().replaceAll(":", " ")].slice(0, length).join("");
}

/** The URI as a QR code. */
export function qrSvg(uri: string): string {
  return renderSVG(uri, { ecc: "M", pixelSize: 4, border: 4 });
}

/** The URI as a QR code of text, for a terminal: light modules are drawn, since most terminals are dark. */
export function qrText(uri: string): string {
  return renderUnicodeCompact(uri, { ecc: "L", border: 2 });
}

/** The step that a time lies in: the `T` of RFC 6238, 4.2. */
export function stepAt(now: number): number {
  return Math.floor(now / STEP_MS);
}

/** Whole seconds until the next step begins, 1 to 30: how long to wait for another code. */
export function secondsToNextStep(now: number): number {
  return Math.ceil((STEP_MS - (now % STEP_MS)) / 1000);
}

/**
 * The step to which a code belongs, among the present one and its neighbours. All of them are looked at, so that the
 * time taken tells nothing.
 * @param secret  base32
 * @param now  milliseconds since 1970
 * @returns undefined when the code is of none of them, or is not a code; the newest, should several have the same one
 */
export function matchStep(secret: string, code: string, now: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const key = decodeBase32(secret);
  const given = Buffer.from(code);
  const present = stepAt(now);
  let matched: number | undefined;
  for (let step = present - WINDOW; step <= present + WINDOW; step++) {
    if (timingSafeEqual(Buffer.from(codeOf(key, step)), given)) matched = step;
  }
  return matched;
}

/** The code of a step. RFC 4226, 5.3. */
function codeOf(key: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.max(0, step)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0xf;
  const value = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(value % 10 ** DIGITS).padStart(DIGITS, "0");
}

function decodeBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}
