/**
 * Tokens of every kind: a prefix that says which, 40 characters of randomness (238 bits) and a checksum. The prefix
 * lets secret scanners find a leaked one, the checksum lets them (and us) drop look-alikes without asking the
 * database.
 */
import { randomFillSync } from "node:crypto";

const prefixes = { api: "koppla_", access: "kat_", refresh: "krt_", code: "kac_", login: "klk_" } as const;

export type TokenKind = keyof typeof prefixes;

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM = 40;
const CHECKSUM = 7;
/** The second, and the millisecond in it. */
const SECOND = 6;
const TIME = SECOND + 2;
/** Added to the second: by its first letter a token is told from those of before, which had the second alone. */
const MARK = 31 * 62 ** (SECOND - 1);
const MARKED = "V";
const REST = new RegExp(`^[0-9A-Za-z]{${RANDOM + CHECKSUM}}$`);

function checksum(text: string): string {
  return Bun.hash.crc32(text).toString(36).padStart(CHECKSUM, "0");
}

/** Randomness is fetched for many tokens at once: that takes 2 µs each, 7 one by one. Each byte is used once. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/**
 * @param at  milliseconds since 1970; where given, the first letters are not random (190 bits are left) but the moment
 *   in which the token was made, and in the order of time: see {@link TokenHasher.placed}
 */
export function newToken(kind: TokenKind = "api", at?: number): string {
  const random = at === undefined ? randomLetters(RANDOM) : timeIn62(at) + randomLetters(RANDOM - TIME);
  const text = prefixes[kind] + random;
  return text + checksum(text);
}

/** An id that nobody guesses (131 bits), which begins with the moment in which it is made. @param at  ms since 1970 */
export function newSecretId(at: number): string {
  return timeIn62(at) + randomLetters(22);
}

const letters = Buffer.alloc(RANDOM);

function randomLetters(count: number): string {
  for (let length = 0; length < count;) {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const byte = pool[used] ?? 0;
    // What made a token is not left lying about.
    pool[used++] = 0;
    // 248 = 4 * 62: bytes above it would favour the first letters.
    if (byte < 248) letters[length++] = ALPHABET.charCodeAt(byte % 62);
  }
  const text = letters.toString("latin1", 0, count);
  letters.fill(0);
  return text;
}

/** The last moment that was asked for: several tokens are made in each. */
let moment = { at: Number.NaN, text: "" };

/** A moment as letters whose byte order is the order of time, until 2870. @param at  milliseconds since 1970 */
function timeIn62(at: number): string {
  if (moment.at === at) return moment.text;
  const second = Math.floor(at / 1000);
  const text = in62(second + MARK, SECOND) + in62(Math.floor(at) - second * 1000, TIME - SECOND);
  moment = { at, text };
  return text;
}

function in62(value: number, length: number): string {
  let text = "";
  for (let left = value; text.length < length; left = Math.floor(left / 62))
    text = ALPHABET.charAt(left % 62) + text;
  return text;
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
  /** With the key in it: a copy takes half of the time that it takes to begin with the key. */
  readonly #keyed: Bun.CryptoHasher;

  /** @param key  32 bytes derived from the master key for this purpose alone */
  constructor(key: Uint8Array) {
    this.#keyed = new Bun.CryptoHasher("sha256", key);
  }

  /**
   * As {@link hash}, with the moment before it that a token begins with. Tokens that are made together then lie
   * together in the index, each where the last one was added.
   */
  placed(token: string): string {
    const start = token.indexOf("_") + 1;
    const time = token.charAt(start) >= MARKED ? TIME : SECOND;
    return token.slice(start, start + time) + this.hash(token);
  }

  /** HMAC-SHA-256 in base64url: what is stored and looked up instead of the token. */
  hash(token: string): string {
    return this.#keyed.copy().update(token).digest("base64url");
  }
}
