/**
 * Login keys: what a mail lets its reader in with, once, to set a password. 238 bits of randomness, of which an
 * HMAC-SHA-256 is stored. Looking at one does not use it up: mail scanners open every link.
 */
import { looksLikeToken, newToken, type TokenHasher } from "../../accounts/tokens.ts";
import type { Clock } from "../../clock.ts";
import type { Logger } from "../../log.ts";
import { Rounds } from "../../rounds.ts";
import type { Reader, Store, Transaction } from "../../store/store.ts";
import { emailKey } from "../../users/input.ts";
import {
  forgetLoginKeys,
  insertLoginKey,
  loginKeyByHash,
  type LoginKeyRow,
  useLoginKey,
  useOtherKeys,
} from "./key-queries.ts";

/** For how long a key is good. */
export const KEY_MINUTES = 30;
const LIFE_MS = KEY_MINUTES * 60_000;
/** For so long afterwards it can be told what became of it, and another one asked for. */
const KNOWN_MS = 7 * 86_400_000;
/** How often those that are forgotten are removed, and how many in one transaction. */
const PAUSE_MS = 3_600_000;
const CHUNK = 500;

/** For whom a key is. */
export interface KeyHolder {
  organisationId: number;
  /** Null: of nobody yet. */
  userId: string | null;
  email: string;
  /** What a new user will be called. */
  name: string;
  returnUrl: string | null;
  language: LoginKeyRow["language"];
}

export type KeyState =
  | { kind: "good"; row: LoginKeyRow }
  | { kind: "used"; row: LoginKeyRow }
  | { kind: "expired"; row: LoginKeyRow }
  | { kind: "unknown" };

export class LoginKeys {
  readonly #clock: Clock;
  readonly #hasher: TokenHasher;

  constructor({ clock, hasher }: { clock: Clock; hasher: TokenHasher }) {
    this.#clock = clock;
    this.#hasher = hasher;
  }

  /** @returns the key, which stands nowhere else */
  async make(tx: Transaction, holder: KeyHolder): Promise<string> {
    const key = newToken("login");
    const now = this.#clock.now();
    await tx.query(
      insertLoginKey({
        ...{ ...holder, hash: this.#hasher.hash(key), emailKey: emailKey(holder.email) },
        ...{ createdAt: now, expiresAt: now + LIFE_MS, usedAt: null },
      }),
    );
    return key;
  }

  async look(reader: Reader, key: string): Promise<KeyState> {
    if (!looksLikeToken(key, "login")) return { kind: "unknown" };
    const [row] = await reader.run(loginKeyByHash, { hash: this.#hasher.hash(key) });
    if (!row) return { kind: "unknown" };
    if (row.usedAt !== null) return { kind: "used", row };
    return { kind: row.expiresAt > this.#clock.now() ? "good" : "expired", row };
  }

  /** Uses a key up. @returns undefined where another was quicker, or it is good no more */
  async use(tx: Transaction, { hash }: LoginKeyRow): Promise<LoginKeyRow | undefined> {
    const [row] = await tx.run(useLoginKey, { hash, now: this.#clock.now() });
    return row;
  }

  /** Ends the others that were mailed to who has used one. */
  async endOthers(
    tx: Transaction,
    { organisationId, emailKey: key }: LoginKeyRow,
    userId: string,
  ): Promise<void> {
    await tx.run(useOtherKeys, { organisationId, emailKey: key, userId, now: this.#clock.now() });
  }
}

/** Removes keys that are forgotten, with the addresses in them, by the clock. */
export function loginKeyRetention(options: {
  store: Store;
  clock: Clock;
  log: Pick<Logger, "error">;
}): Rounds {
  const { store, clock, log } = options;
  const rounds: Rounds = new Rounds({
    ...{ clock, log, pause: PAUSE_MS, failure: "old login keys could not be removed" },
    round: async () => {
      const before = clock.now() - KNOWN_MS;
      for (let more = true; more && !rounds.stopped;) {
        const gone = await store.write((tx) => tx.run(forgetLoginKeys, { before, limit: CHUNK }));
        more = gone.length === CHUNK;
      }
      return 0;
    },
  });
  return rounds;
}
