/** API accounts: machines with tokens and grants. Who a token belongs to is answered here and nowhere else. */
import type { StoredGrant } from "../../db/schema.ts";
import type { Clock } from "../clock.ts";
import type { OrganisationService } from "../organisations/service.ts";
import { invalid, Problem } from "../problem.ts";
import type { Reader, Store } from "../store/store.ts";
import { parseGrants } from "../grants/parse.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import type { Principal } from "./principal.ts";
import {
  accountByClientId,
  accountById,
  accountByToken,
  insertAccount,
  insertAccountToken,
} from "./queries.ts";
import { looksLikeToken, newToken, type TokenHasher } from "./tokens.ts";

export interface NewAccount {
  organisationId: number;
  name: string;
  description?: string;
  /** As they came: `grants/parse.ts` says what they may be. */
  grants: unknown;
  /** When its first token ends, milliseconds since 1970. */
  tokenExpiresAt?: number;
}

export interface CreatedAccount {
  id: string;
  clientId: string;
  /** Told once; only its hash is stored. */
  token: string;
  grants: StoredGrant[];
}

export interface AccountRights {
  id: string;
  clientId: string;
  organisationId: number;
  grants: StoredGrant[];
  /** False when it is disabled, deleted or expired: it then may do nothing. */
  active: boolean;
}

interface KnownToken extends Standing {
  principal: Principal;
  tokenExpiresAt: number | null;
}

/** Tokens kept in memory. */
const MAX_KNOWN = 10_000;

export class AccountService {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #hasher: TokenHasher;
  readonly #organisations: OrganisationService;
  readonly #vocabulary: GrantVocabulary;
  readonly #known = new Map<string, KnownToken>();
  #epoch: number | undefined;
  #generation = 0;

  constructor(collaborators: {
    store: Store;
    clock: Clock;
    hasher: TokenHasher;
    organisations: OrganisationService;
    vocabulary: GrantVocabulary;
  }) {
    this.#store = collaborators.store;
    this.#vocabulary = collaborators.vocabulary;
    this.#organisations = collaborators.organisations;
    this.#clock = collaborators.clock;
    this.#hasher = collaborators.hasher;
  }

  /** Makes an account with one token. @throws Problem `invalid` */
  create(account: NewAccount): Promise<CreatedAccount> {
    const name = account.name.trim();
    if (name === "" || name.length > 200) throw invalid("name", "must have 1 to 200 characters");
    const grants = parseGrants(account.grants, this.#vocabulary);
    const created = { id: Bun.randomUUIDv7(), clientId: `acc_${Bun.randomUUIDv7().replaceAll("-", "")}` };
    const token = newToken();
    return this.#store.write(async (tx) => {
      const at = this.#clock.now();
      const { organisationId, description = "", tokenExpiresAt: expiresAt = null } = account;
      await tx.run(insertAccount, { ...created, organisationId, name, description, grants, at });
      await tx.run(insertAccountToken, {
        id: Bun.randomUUIDv7(),
        accountId: created.id,
        hash: this.#hasher.hash(token),
        label: "first",
        lastFour: token.slice(-4),
        at,
        expiresAt,
      });
      return { ...created, token, grants };
    });
  }

  /**
   * The principal of an API token, undefined when it is unknown, expired, or its account may not be used.
   *
   * Kept in memory only while no other process can have changed it: revoking holds at once, and a request is spared a
   * look-up (30 µs while pushes run, since every commit empties the reading connection's page cache).
   */
  authenticate(token: string): Principal | undefined | Promise<Principal | undefined> {
    if (!looksLikeToken(token)) return undefined;
    const hash = this.#hasher.hash(token);
    const epoch = this.#store.epoch();
    if (epoch !== this.#epoch) this.forget();
    this.#epoch = epoch;
    const kept = epoch === undefined ? undefined : this.#known.get(hash);
    return kept ? this.#usable(kept) : this.#lookUp(hash);
  }

  #usable(known: KnownToken): Principal | undefined {
    const now = this.#clock.now();
    const expired = known.tokenExpiresAt !== null && known.tokenExpiresAt <= now;
    return expired || !isActive(known, now) ? undefined : known.principal;
  }

  async #lookUp(hash: string): Promise<Principal | undefined> {
    const generation = this.#generation;
    const [row] = await this.#store.read((reader) => reader.run(accountByToken, { hash }));
    if (!row) return undefined;
    const { id, clientId, name, grants } = row;
    const known: KnownToken = {
      ...row,
      principal: {
        organisation: await this.#organisations.byId(row.organisationId),
        subject: { kind: "account", id, clientId, name },
        client: { id, clientId },
        grants,
      },
    };
    if (this.#epoch !== undefined && generation === this.#generation) {
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(hash, known);
    }
    return this.#usable(known);
  }

  /** To be called whenever an account or token has been changed in this process. */
  forget(): void {
    this.#generation++;
    this.#known.clear();
  }

  /** What an account may do now, for what is done in its name later (bundles, deliveries). */
  async rights(reader: Reader, id: string): Promise<AccountRights | undefined> {
    const [row] = await reader.run(accountById, { id });
    return row && { ...row, active: isActive(row, this.#clock.now()) };
  }

  /** @throws Problem `not_found` */
  async byClientId(organisationId: number, clientId: string): Promise<AccountRights> {
    const [row] = await this.#store.read((reader) => reader.run(accountByClientId, { clientId }));
    if (!row || row.organisationId !== organisationId) {
      throw new Problem("not_found", `There is no account with the client id ${clientId}.`);
    }
    return { ...row, active: isActive(row, this.#clock.now()) };
  }
}

/** What decides whether an account may be used. */
interface Standing {
  expiresAt: number | null;
  disabledAt: number | null;
  deletedAt: number | null;
}

function isActive({ expiresAt, disabledAt, deletedAt }: Standing, now: number): boolean {
  return disabledAt === null && deletedAt === null && (expiresAt === null || expiresAt > now);
}
