/**
 * Tokens of every kind: a prefix that says which, 40 characters of randomness (238 bits) and a checksum. The prefix
 * lets secret scanners find a leaked one, the checksum lets them (and us) drop look-alikes without asking the
 * database.
 */
import { randomBytes } from "node:crypto";

const prefixes = { api: "koppla_", access: "kat_", refresh: "krt_", code: "kac_" } as const;

export type TokenKind = keyof typeof prefixes;

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM = 40;
const CHECKSUM = 7;
const REST = new RegExp(`^[0-9A-Za-z]{${RANDOM + CHECKSUM}}$`);

function checksum(text: string): string {
  return Bun.hash.crc32(text).toString(36).padStart(CHECKSUM, "0");
}

export function newToken(kind: TokenKind = "api"): string {
  let text: string = prefixes[kind];
  const length = text.length + RANDOM;
  while (text.length < length) {
    // 248 = 4 * 62: bytes above it would favour the first letters.
    for (const byte of randomBytes(64)) {
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
    }
  }
  return text + checksum(text);
}

/** Whether a text can be one of our tokens of that kind; says nothing of whether it is in use. */
export function looksLikeToken(text: string, kind: TokenKind = "api"): boolean {
  const prefix = prefixes[kind];
  return (
    text.startsWith(prefix) &&
    REST.test(text.slice(prefix.length)) &&
    checksum(text.slice(0, -CHECKSUM)) === text.slice(-CHECKSUM)
  );
}

export class TokenHasher {
  readonly #key: Uint8Array;

  /** @param key  32 bytes derived from the master key for this purpose alone */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** HMAC-SHA-256 in base64url: what is stored and looked up instead of the token. */
  hash(token: string): string {
    return new Bun.CryptoHasher("sha256", this.#key).update(token).digest("base64url");
  }
}
