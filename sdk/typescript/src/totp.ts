/** One-time codes from their secret: RFC 6238, 6 digits, 30 seconds, SHA-1. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Milliseconds for which a code is shown. */
export const STEP = 30_000;

/** The code of a time. @param secret  base32, as it was told with the account @param now  milliseconds since 1970 */
export async function codeAt(secret: string, now: number): Promise<string> {
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(now / STEP)));
  const algorithm = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.importKey("raw", fromBase32(secret), algorithm, false, ["sign"]);
  const digest = new DataView(await crypto.subtle.sign("HMAC", key, counter.buffer));
  const at = digest.getUint8(19) & 0x0f;
  const number = digest.getUint32(at) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, "0");
}

function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const letter of text.toUpperCase().replaceAll(/[\s=]/g, "")) {
    const value = ALPHABET.indexOf(letter);
    if (value === -1) throw new TypeError("the secret of one-time codes is not base32");
    bits = ((bits << 5) | value) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 0xff);
  }
  return new Uint8Array(bytes);
}
