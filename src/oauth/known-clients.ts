/**
 * Clients whose secret was found right a short while ago: they ask for a token every time they have something to do,
 * and looking the secret up is a third of what that costs (measured: 60 µs of 180).
 *
 * What is kept is what the secret proves and nothing more: whether the account may be used is decided anew each time.
 */
import type { Clock } from "../clock.ts";
import type { Store } from "../store/store.ts";
import type { AccountRow, ApiToken } from "./collaborators.ts";

export interface KnownClient {
  account: AccountRow;
  /** The API token that is its secret. */
  token: ApiToken;
  organisationAllowedIps: readonly string[];
}

interface Kept extends KnownClient {
  /** When it is to be looked up again, milliseconds since 1970. */
  until: number;
}

/** So the account's tokens go on to say when they were last used, to the minute. */
const KEEP_MS = 30_000;
const MAX_KEPT = 10_000;

export class KnownClients {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  #epoch: number | undefined;
  /** Grows when what is being looked up now must not be kept. */
  generation = 0;

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** @param key  stands for client id and secret, and does not tell them */
  find(key: string): KnownClient | undefined {
    const epoch = this.#store.epoch();
    if (epoch !== this.#epoch) this.forget();
    this.#epoch = epoch;
    const kept = this.#kept.get(key);
    return kept && kept.until > this.#clock.now() ? kept : undefined;
  }

  /** @param generation  as it was before the client was looked up */
  keep(key: string, client: KnownClient, generation: number): void {
    if (this.#epoch === undefined || generation !== this.generation) return;
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    const until = Math.min(this.#clock.now() + KEEP_MS, client.token.expiresAt ?? Number.POSITIVE_INFINITY);
    this.#kept.set(key, { ...client, until });
  }

  /** To be called when an account was changed in this process. */
  forget(): void {
    this.generation++;
    this.#kept.clear();
  }
}
