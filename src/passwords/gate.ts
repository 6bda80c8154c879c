/**
 * The only door to argon2id, which is meant to be slow: 50 ms and 19 MiB a check.
 *
 * It runs on Bun's pool of threads, as many as there are cores and at least two, and so does the fsync that every
 * write waits for. On two cores the p50 of an fsync, 0.3 ms, became 5 ms with two checks at once and 97 ms with four;
 * with one it stayed (Bun 1.4.5). So few run at once, some wait, and who comes then is told to come again.
 */
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";

import { Problem } from "../problem.ts";

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const ARGON2ID = { algorithm: "argon2id", memoryCost: MEMORY_KIB, timeCost: PASSES } as const;

/** Longer ones are refused where they are set (`policy.ts`), so they are never right. */
export const MAX_PASSWORD_BYTES = 1_000;

const WAITING = 32;
/** The first estimate of a check, milliseconds; then it is measured. */
const USUAL_MS = 50;

/** What hashes; replaced in tests. */
export interface Argon2 {
  hash(password: string, parameters: typeof ARGON2ID): Promise<string>;
  verify(password: string, hash: string): Promise<boolean>;
}

/** Verified where there is no hash, so that nobody learns from the time who exists. Nothing verifies against it. */
const NOBODY = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${base64(32)}$${base64(32)}`;

function base64(bytes: number): string {
  return randomBytes(bytes).toString("base64").replaceAll("=", "");
}

export class PasswordGate {
  readonly #argon2: Argon2;
  readonly #atOnce: number;
  readonly #places: number;
  readonly #queue: (() => void)[] = [];
  /** How many wait or run, by where they come from. */
  readonly #from = new Map<string, number>();
  #running = 0;
  #usualMs = USUAL_MS;

  /**
   * @param options.atOnce  hashes computed at the same time; by default one core is left free
   * @param options.waiting  how many may wait; a quarter of them from one address
   */
  constructor({
    atOnce = Math.max(1, availableParallelism() - 1),
    waiting = WAITING,
    argon2 = Bun.password,
  }: { atOnce?: number; waiting?: number; argon2?: Argon2 } = {}) {
    this.#atOnce = atOnce;
    this.#places = waiting;
    this.#argon2 = argon2;
  }

  /** @returns the hash to store: a PHC string. @throws Problem `too_many_requests` when too many wait */
  hash(password: string): Promise<string> {
    return this.#enter(undefined, () => this.#argon2.hash(normal(password), ARGON2ID));
  }

  /**
   * @param hash  undefined or null where there is none: takes as long, and is false
   * @param from  the address that asks: with it, a flood from there leaves room for others
   * @throws Problem `too_many_requests` when too many wait
   */
  async verify(password: string, hash: string | null | undefined, from?: string | null): Promise<boolean> {
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false;
    const right = await this.#enter(from ?? undefined, () =>
      this.#argon2.verify(normal(password), hash ?? NOBODY),
    );
    return right && typeof hash === "string";
  }

  async #enter<R>(from: string | undefined, work: () => Promise<R>): Promise<R> {
    const mine = from === undefined ? 0 : (this.#from.get(from) ?? 0);
    const full = this.#running >= this.#atOnce && this.#queue.length >= this.#places;
    if (full || mine >= Math.max(1, Math.floor(this.#places / 4))) throw this.#busy();
    if (from !== undefined) this.#from.set(from, mine + 1);
    try {
      // Who ends hands its place on, so nobody slips in between.
      if (this.#running < this.#atOnce) this.#running++;
      else await new Promise<void>((resolve) => this.#queue.push(resolve));
      const began = performance.now();
      try {
        return await work();
      } finally {
        this.#usualMs += (performance.now() - began - this.#usualMs) / 8;
        const next = this.#queue.shift();
        if (next) next();
        else this.#running--;
      }
    } finally {
      if (from !== undefined) this.#leave(from);
    }
  }

  #leave(from: string): void {
    const left = (this.#from.get(from) ?? 1) - 1;
    if (left > 0) this.#from.set(from, left);
    else this.#from.delete(from);
  }

  #busy(): Problem {
    const seconds = Math.ceil((this.#queue.length * this.#usualMs) / this.#atOnce / 1_000);
    return new Problem("too_many_requests", "Too many passwords are being checked; try again shortly.", {
      headers: { "retry-after": String(Math.max(1, seconds)) },
    });
  }
}

/** The same letters typed on another system are the same password (RFC 8265, 4.2). */
function normal(password: string): string {
  return password.normalize("NFC");
}
