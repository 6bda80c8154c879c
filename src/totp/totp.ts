/**
 * Time-based one-time passwords (RFC 6238): 6 digits, 30 seconds, HMAC-SHA-1, as every authenticator app has them.
 * otplib makes and judges them; with the HMAC of `node:crypto` a check takes 80 µs, with its own 300 µs (measured).
 */
import { NodeCryptoPlugin } from "@otplib/plugin-crypto-node";
import { generateSecret, generateURI, verifySync } from "otplib";
import { renderSVG, renderUnicodeCompact } from "uqr";

const crypto = new NodeCryptoPlugin();

/** Milliseconds for which a code is shown. */
export const STEP_MS = 30_000;
/** Steps before and after the present one whose codes are taken: clocks differ (RFC 6238, 5.2). */
const TOLERANCE_SECONDS = 30;
/** 160 bits, as long as the hash (RFC 4226, 4). */
const SECRET_BYTES = 20;
/** Characters, of which each may be 12 in the URI: longer ones no QR code bears, and no app shows. */
const MAX_ISSUER = 40;
const MAX_LABEL = 80;

/** A new secret: 160 random bits in base32, 32 characters. */
export function newSecret(): string {
  return generateSecret({ length: SECRET_BYTES, crypto });
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
  return generateURI({ issuer: cut(issuer, MAX_ISSUER), label: cut(label, MAX_LABEL), secret });
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
 * The step to which a code belongs, among the present one and its neighbours.
 * @param secret  base32
 * @param now  milliseconds since 1970
 * @returns undefined when the code is of none of them, or is not a code
 */
export function matchStep(secret: string, code: string, now: number): number | undefined {
  // otplib throws for what has not six digits.
  if (!/^\d{6}$/.test(code)) return undefined;
  const epoch = Math.floor(now / 1000);
  const result = verifySync({ secret, token: code, epoch, epochTolerance: TOLERANCE_SECONDS, crypto });
  return result.valid && "timeStep" in result ? result.timeStep : undefined;
}
