/**
 * The keys that sign access tokens (ES256). One signs; the next one is shown a good while before it does, so that
 * whoever keeps our keys has it in time; those before are shown until the last token they signed has expired.
 *
 * Which one signs follows from the clock and from what is stored: the newest whose time has come. So several servers
 * agree without talking, and of two that make the next key at once, one does (generations are unique). Keys are looked
 * at when one is needed; the chore `key-rotation` sees to it that the next one is there before.
 */
import { exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { randomBytes } from "node:crypto";

import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { Rounds } from "../rounds.ts";
import type { SecretBox } from "../secrets/seal.ts";
import type { Store, Transaction } from "../store/store.ts";
import {
  allSigningKeys,
  deleteSigningKeys,
  insertSigningKey,
  showSigningKey,
  type SigningKeyRow,
} from "./queries.ts";

export const SIGNING_ALGORITHM = "ES256";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How long a key is shown at least before it signs. */
const LEAD = HOUR;
/** That tokens of a key go on to be good is written at most this often, milliseconds. */
const SHOWN_STEP = HOUR;

export interface SigningKey {
  generation: number;
  kid: string;
  privateKey: CryptoKey;
  activeAt: number;
  /** As it is stored. */
  shownUntil: number;
}

interface Known extends SigningKey {
  publicKey: CryptoKey;
  /** As it is shown. */
  jwk: JWK;
}

/** How a key stands, for whoever looks after the server. */
export interface SigningKeyState {
  kid: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** `next`: it is shown and will sign. `retired`: it is shown while tokens that it signed are good. */
  state: "next" | "active" | "retired";
}

export class SigningKeys {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #box: SecretBox;
  readonly #rotation: number;
  /** Oldest first. */
  #keys: readonly Known[] = [];
  #making: Promise<void> | undefined;

  /** @param rotation  how long a key signs, milliseconds */
  constructor(collaborators: { store: Store; clock: Clock; box: SecretBox; rotation: number }) {
    this.#store = collaborators.store;
    this.#clock = collaborators.clock;
    this.#box = collaborators.box;
    this.#rotation = collaborators.rotation;
  }

  /** The key to sign with now. */
  async active(): Promise<SigningKey> {
    await this.#complete();
    const key = this.#active();
    if (!key) throw new Error("there is no signing key");
    return key;
  }

  /** The public key of a `kid`, undefined when it is none of ours. */
  async publicKey(kid: string): Promise<CryptoKey | undefined> {
    const find = () => this.#keys.find((key) => key.kid === kid)?.publicKey;
    if (!find()) await this.#read();
    return find();
  }

  /** RFC 7517: those that sign, signed, and will sign. */
  async shown(): Promise<{ keys: JWK[] }> {
    await this.#complete();
    await this.#read();
    const now = this.#clock.now();
    const { generation = 0 } = this.#active() ?? {};
    const shown = this.#keys.filter((key) => key.generation >= generation || key.shownUntil > now);
    return { keys: shown.map(({ jwk }) => jwk) };
  }

  /** Oldest first. None are made for this: there are some from the first that is needed. */
  async states(): Promise<SigningKeyState[]> {
    const rows = await this.#store.read((reader) => reader.run(allSigningKeys, {}));
    const now = this.#clock.now();
    const active = rows.findLast(({ activeAt }) => activeAt <= now)?.generation ?? 0;
    return rows.map(({ kid, createdAt, generation }) => {
      const state = generation === active ? "active" : generation > active ? "next" : "retired";
      return { kid, createdAt, state };
    });
  }

  /** Inside the write that issues a token: its key is shown until it expires. */
  async promise(tx: Transaction, key: SigningKey, expiresAt: number): Promise<void> {
    if (expiresAt <= key.shownUntil) return;
    const until = Math.ceil(expiresAt / SHOWN_STEP) * SHOWN_STEP;
    await tx.run(showSigningKey, { generation: key.generation, until });
    // Should the write fail, the next token's says it again.
    tx.defer(this.#promised, { key, until });
  }

  readonly #promised = {
    order: 9,
    apply: async () => {},
    committed: (items: readonly { key: SigningKey; until: number }[]) => {
      for (const { key, until } of items) key.shownUntil = Math.max(key.shownUntil, until);
    },
  };

  /**
   * Sees to it that the key after the one that signs is there, where any was ever needed.
   * @returns when to look again, milliseconds since 1970; undefined: there are no keys
   */
  async rotate(): Promise<number | undefined> {
    await this.#read();
    if (this.#keys.length === 0) return undefined;
    await this.#complete();
    return this.#keys.at(-1)?.activeAt;
  }

  /** The rounds of the chore `key-rotation`. */
  rounds(log: Pick<Logger, "error">): Rounds {
    const clock = this.#clock;
    return new Rounds({
      ...{ clock, log, pause: HOUR, failure: "the next signing key could not be made" },
      round: async () => (await this.rotate()) ?? clock.now() + DAY,
    });
  }

  /** Removes keys that nobody needs any more. */
  async sweep(): Promise<void> {
    const active = this.#active();
    if (!active) return;
    const { generation } = active;
    await this.#store.write((tx) => tx.run(deleteSigningKeys, { now: this.#clock.now(), generation }));
    await this.#read();
  }

  #active(): Known | undefined {
    const now = this.#clock.now();
    return this.#keys.findLast((key) => key.activeAt <= now);
  }

  /** Sees to it that there is a key to sign with, and one after it. */
  async #complete(): Promise<void> {
    const last = this.#keys.at(-1);
    if (last && last.activeAt > this.#clock.now() && this.#active()) return;
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    await this.#making;
  }

  async #make(): Promise<void> {
    // Made before: a write waits for nothing but the database.
    const fresh = [await newKey(), await newKey()] as const;
    await this.#store.write(async (tx) => {
      const now = this.#clock.now();
      let rows = await tx.run(allSigningKeys, {});
      if (rows.length === 0) {
        await tx.run(insertSigningKey, this.#row(fresh[0], 1, now));
        rows = await tx.run(allSigningKeys, {});
      }
      const last = rows.at(-1);
      if (!last || last.activeAt > now) return;
      const activeAt = Math.max(last.activeAt + this.#rotation, now + LEAD);
      await tx.run(insertSigningKey, this.#row(fresh[1], last.generation + 1, activeAt));
    });
    await this.#read();
  }

  #row({ kid, jwk, secret }: NewKey, generation: number, activeAt: number): SigningKeyRow {
    return {
      generation,
      kid,
      privateKey: this.#box.seal(JSON.stringify(secret), context(kid)),
      publicKey: { ...jwk },
      createdAt: this.#clock.now(),
      activeAt,
      shownUntil: activeAt,
    };
  }

  async #read(): Promise<void> {
    const rows = await this.#store.read((reader) => reader.run(allSigningKeys, {}));
    const known = new Map(this.#keys.map((key) => [key.kid, key]));
    this.#keys = await Promise.all(
      rows.map(async (row) => {
        const key = known.get(row.kid);
        if (key) key.shownUntil = row.shownUntil;
        return key ?? (await this.#open(row));
      }),
    );
  }

  async #open(row: SigningKeyRow): Promise<Known> {
    const { generation, kid, activeAt, shownUntil } = row;
    const jwk = row.publicKey as JWK;
    const secret = JSON.parse(this.#box.open(row.privateKey, context(kid))) as JWK;
    const [publicKey, privateKey] = await Promise.all([imported(jwk), imported(secret)]);
    return { generation, kid, activeAt, shownUntil, jwk, publicKey, privateKey };
  }
}

interface NewKey {
  kid: string;
  jwk: JWK;
  secret: JWK;
}

async function newKey(): Promise<NewKey> {
  const kid = randomBytes(16).toString("base64url");
  const pair = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const common = { kid, alg: SIGNING_ALGORITHM, use: "sig" };
  const [jwk, secret] = await Promise.all([exportJWK(pair.publicKey), exportJWK(pair.privateKey)]);
  return { kid, jwk: { ...jwk, ...common }, secret: { ...secret, ...common } };
}

async function imported(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, SIGNING_ALGORITHM);
  if (key instanceof Uint8Array) throw new Error("a signing key is not of ES256");
  return key;
}

function context(kid: string): string {
  return `signing-key:${kid}`;
}
