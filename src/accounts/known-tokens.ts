/** Who an API token belongs to, and whether it is a way in: what most requests ask first. */
import type { Clock } from "../clock.ts";
import { Networks } from "../http/networks.ts";
import type { Store } from "../store/store.ts";
import { type Address, isActive, type Standing } from "./account.ts";
import { LAST_USE_MS, type LastUse } from "./last-use.ts";
import type { Principal } from "./principal.ts";
import { accountByToken } from "./queries.ts";
import { looksLikeToken, type TokenHasher } from "./tokens.ts";

interface KnownToken extends Standing {
  principal: Principal;
  tokenId: string;
  tokenExpiresAt: number | null;
  tokenLastUsedAt: number | null;
  /** Whether the account has TOTP: the token alone is then no way in. */
  totp: boolean;
  /** All of which must contain the address it comes from. */
  networks: readonly Networks[];
}

/** Tokens kept in memory. */
const MAX_KNOWN = 10_000;

export class KnownTokens {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #hasher: TokenHasher;
  readonly #lastUse: LastUse;
  readonly #known = new Map<string, KnownToken>();
  #epoch: number | undefined;
  #generation = 0;

  constructor({
    store,
    clock,
    hasher,
    lastUse,
  }: {
    store: Store;
    clock: Clock;
    hasher: TokenHasher;
    lastUse: LastUse;
  }) {
    this.#store = store;
    this.#clock = clock;
    this.#hasher = hasher;
    this.#lastUse = lastUse;
  }

  /**
   * The principal of an API token; undefined when it is unknown or expired, when its account may not be used, not from
   * there, or not without a code.
   *
   * Kept in memory only while no other process can have changed it: revoking holds at once, and a request is spared a
   * look-up (30 µs while pushes run, since every commit empties the reading connection's page cache).
   */
  authenticate(token: string, address: Address): Principal | undefined | Promise<Principal | undefined> {
    if (!looksLikeToken(token)) return undefined;
    const hash = this.#hasher.hash(token);
    const epoch = this.#store.epoch();
    if (epoch !== this.#epoch) this.forget();
    this.#epoch = epoch;
    const kept = epoch === undefined ? undefined : this.#known.get(hash);
    return kept ? this.#usable(kept, address) : this.#lookUp(hash, address);
  }

  forget(): void {
    this.#generation++;
    this.#known.clear();
  }

  #usable(known: KnownToken, address: Address): Principal | undefined {
    const now = this.#clock.now();
    const { tokenExpiresAt, tokenLastUsedAt, networks } = known;
    if (known.totp || (tokenExpiresAt !== null && tokenExpiresAt <= now) || !isActive(known, now))
      return undefined;
    if (networks.length > 0) {
      const from = typeof address === "function" ? address() : address;
      if (!networks.every((list) => list.contains(from))) return undefined;
    }
    if (tokenLastUsedAt === null || now - tokenLastUsedAt >= LAST_USE_MS) {
      this.#lastUse.note(known.tokenId, tokenLastUsedAt, now);
      known.tokenLastUsedAt = now;
    }
    return known.principal;
  }

  async #lookUp(hash: string, address: Address): Promise<Principal | undefined> {
    const generation = this.#generation;
    const [row] = await this.#store.read((reader) => reader.run(accountByToken, { hash }));
    if (!row) return undefined;
    const { id, clientId, name, grants, organisationId, totpSecret, ...rest } = row;
    const lists = [row.allowedIps, row.organisationAllowedIps].filter((list) => list.length > 0);
    const known: KnownToken = {
      ...rest,
      totp: totpSecret !== null,
      networks: lists.map((list) => new Networks(list)),
      principal: {
        organisation: { id: organisationId, code: row.organisationCode, name: row.organisationName },
        subject: { kind: "account", id, clientId, name },
        client: { id, clientId },
        grants,
      },
    };
    if (this.#epoch !== undefined && generation === this.#generation) {
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(hash, known);
    }
    return this.#usable(known, address);
  }
}
