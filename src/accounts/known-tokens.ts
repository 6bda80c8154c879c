/** Who an API token belongs to, and whether it is a way in: what most requests ask first. */
import type { Clock } from "../clock.ts";
import { Networks } from "../http/networks.ts";
import type { Store } from "../store/store.ts";
import { type Address, isActive, type Standing } from "./account.ts";
import { LAST_USE_MS, type LastUse } from "./last-use.ts";
import { type Principal, subjectName } from "./principal.ts";
import { accountByToken } from "./queries.ts";
import { looksLikeToken, type TokenHasher } from "./tokens.ts";

interface KnownToken extends Standing {
  principal: Principal;
  tokenId: string;
  tokenExpiresAt: number | null;
  tokenLastUsedAt: number | null;
  /** What has to come with the token, so that it alone is no way in: a code (TOTP), or a proof of a key (DPoP). */
  wants: "code" | "proof" | undefined;
  /** All of which must contain the address it comes from. */
  networks: readonly Networks[];
}

/** Why a token is no way in, and whose it is, where that is known. */
export interface Denied {
  denied: string;
  known?: { organisationId: number; subject: string };
}

const UNKNOWN: Denied = { denied: "unknown token" };

/** Tokens kept in memory. */
const MAX_KNOWN = 10_000;

export class KnownTokens {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #hasher: TokenHasher;
  readonly #lastUse: LastUse;
  /** By the token itself: to hash it for every request would cost more than all else that is done here. */
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
   * The principal of an API token, or why it is none: for the audit log alone, since whoever sent it is told the same
   * whatever it was.
   *
   * Kept in memory only while no other process can have changed it: revoking holds at once, and a request is spared a
   * look-up (30 µs while pushes run, since every commit empties the reading connection's page cache).
   */
  admit(token: string, address: Address): Principal | Denied | Promise<Principal | Denied> {
    const epoch = this.#store.epoch();
    if (epoch !== this.#epoch) this.forget();
    this.#epoch = epoch;
    const kept = epoch === undefined ? undefined : this.#known.get(token);
    if (kept) return this.#usable(kept, address);
    return looksLikeToken(token) ? this.#lookUp(token, address) : UNKNOWN;
  }

  forget(): void {
    this.#generation++;
    this.#known.clear();
  }

  #usable(known: KnownToken, address: Address): Principal | Denied {
    const now = this.#clock.now();
    const { tokenLastUsedAt, principal } = known;
    const denied = denialOf(known, now, address);
    if (denied !== undefined) {
      const { organisation } = principal;
      return { denied, known: { organisationId: organisation.id, subject: subjectName(principal) } };
    }
    if (tokenLastUsedAt === null || now - tokenLastUsedAt >= LAST_USE_MS) {
      this.#lastUse.note(known.tokenId, tokenLastUsedAt, now);
      known.tokenLastUsedAt = now;
    }
    return principal;
  }

  async #lookUp(token: string, address: Address): Promise<Principal | Denied> {
    const generation = this.#generation;
    const hash = this.#hasher.hash(token);
    const [row] = await this.#store.read((reader) => reader.run(accountByToken, { hash }));
    if (!row) return UNKNOWN;
    const { id, clientId, name, grants, organisationId, totpSecret, dpop, ...rest } = row;
    const lists = [row.allowedIps, row.organisationAllowedIps].filter((list) => list.length > 0);
    const known: KnownToken = {
      ...rest,
      wants: totpSecret !== null ? "code" : dpop ? "proof" : undefined,
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
      this.#known.set(token, known);
    }
    return this.#usable(known, address);
  }
}

function denialOf(token: KnownToken, now: number, address: Address): string | undefined {
  if (token.tokenExpiresAt !== null && token.tokenExpiresAt <= now) return "token expired";
  if (!isActive(token, now)) return "account disabled, deleted or expired";
  if (token.networks.length > 0) {
    const from = typeof address === "function" ? address() : address;
    if (!token.networks.every((list) => list.contains(from))) return "address not allowed";
  }
  return token.wants && `${token.wants} required`;
}
