/** Who an access token speaks for: what every request with one asks first. */
import type { Denied } from "../accounts/known-tokens.ts";
import { type Principal, subjectName } from "../accounts/principal.ts";
import { looksLikeToken } from "../accounts/tokens.ts";
import type { Clock } from "../clock.ts";
import type { ClientAddresses } from "../http/client-address.ts";
import type { Store } from "../store/store.ts";
import type { Accounts, People } from "./collaborators.ts";
import { ProofError, readProof, spendProof } from "./dpop.ts";
import type { TokenMaker } from "./issue.ts";
import { looksLikeJwt, verifiedId } from "./jwt.ts";
import type { SigningKeys } from "./keys.ts";
import { accessTokenByHash } from "./queries.ts";
import { standingOf, type TokenStanding } from "./standing.ts";

/** How a token was sent: RFC 6750 or RFC 9449. */
export type Scheme = "bearer" | "dpop";

/** A denial that is answered with a challenge for a proof: `error` of RFC 9449, 7.1. */
export interface ProofDenied extends Denied {
  dpop?: "invalid_token" | "invalid_dpop_proof";
}

const UNKNOWN: Denied = { denied: "unknown token" };

/** Tokens kept in memory. */
const MAX_KNOWN = 10_000;

export interface AccessCollaborators {
  store: Store;
  clock: Clock;
  accounts: Accounts;
  people: People;
  addresses: Pick<ClientAddresses, "of">;
  maker: TokenMaker;
  keys: SigningKeys;
  issuer: () => string;
  /** Told when a proof of possession was stored, which will expire. */
  proofStored: () => void;
}

export class AccessTokens {
  readonly #with: AccessCollaborators;
  /** By the token itself: to hash it for every request would cost more than all else that is done here. */
  readonly #known = new Map<string, TokenStanding>();
  /** Hashes of rows by the hash of a JWT whose signature was found good: that it is does not change. */
  readonly #verified = new Map<string, string>();
  /** Requests whose proof was good, with the token: one that goes on for long asks again whether it still may. */
  readonly #proven = new WeakMap<Request, string>();
  #epoch: number | undefined;
  #generation = 0;

  constructor(collaborators: AccessCollaborators) {
    this.#with = collaborators;
  }

  /**
   * The principal of an access token, or why it is none, which is for the audit log alone.
   *
   * What is found is kept in memory only while no other process can have changed it, as with API tokens.
   */
  admit(
    token: string,
    request: Request,
    scheme: Scheme = "bearer",
  ): Principal | ProofDenied | Promise<Principal | ProofDenied> {
    const epoch = this.#with.store.epoch();
    if (epoch !== this.#epoch) this.forget();
    this.#epoch = epoch;
    const kept = epoch === undefined ? undefined : this.#known.get(token);
    if (kept) return this.#use(kept, token, request, scheme);
    if (!looksLikeToken(token, "access") && !looksLikeJwt(token)) return asked(UNKNOWN, scheme);
    return this.#lookUp(token, request, scheme);
  }

  /** To be called when something on which tokens depend was changed in this process. */
  forget(): void {
    this.#generation++;
    this.#known.clear();
  }

  /** The hash of the row that a token has, if it has one: of a JWT, when its signature is good. */
  async hashOf(token: string): Promise<string | undefined> {
    const { maker, keys, issuer } = this.#with;
    const own = maker.hash(token);
    if (looksLikeToken(token, "access")) return own;
    const known = this.#verified.get(own);
    if (known !== undefined) return known;
    const id = await verifiedId(token, issuer(), (kid) => keys.publicKey(kid));
    if (id === undefined) return undefined;
    if (this.#verified.size >= MAX_KNOWN) this.#verified.clear();
    const hash = maker.hashOfJwt(id);
    this.#verified.set(own, hash);
    return hash;
  }

  /** Why a token cannot be used now, wherever it comes from; undefined when it can. */
  objection({ row, account, acting }: TokenStanding): string | undefined {
    const now = this.#with.clock.now();
    if (row.expiresAt <= now) return "expired token";
    const { accounts } = this.#with;
    const active = accounts.isActive(account, now) && acting.every((one) => accounts.isActive(one, now));
    return active ? undefined : "its account may not be used";
  }

  async #lookUp(token: string, request: Request, scheme: Scheme): Promise<Principal | ProofDenied> {
    const hash = await this.hashOf(token);
    if (hash === undefined) return asked(UNKNOWN, scheme);
    const generation = this.#generation;
    const found = await this.#with.store.read(async (reader) => {
      const [row] = await reader.run(accessTokenByHash, { hash });
      return row && (await standingOf(reader, row, this.#with));
    });
    if (found === undefined) return asked(UNKNOWN, scheme);
    if (typeof found === "string") return asked({ denied: found }, scheme);
    if (this.#epoch !== undefined && generation === this.#generation) {
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(token, found);
    }
    return await this.#use(found, token, request, scheme);
  }

  #use(
    standing: TokenStanding,
    token: string,
    request: Request,
    scheme: Scheme,
  ): Principal | ProofDenied | Promise<Principal | ProofDenied> {
    const { row, account, principal, organisationAllowedIps } = standing;
    const { accounts, addresses, issuer } = this.#with;
    const deny = (denied: string): ProofDenied => {
      const known = { organisationId: row.organisationId, subject: subjectName(principal) };
      return asked({ denied, known }, row.dpopJkt === null ? scheme : "dpop");
    };
    const objection = this.objection(standing);
    if (objection !== undefined) return deny(objection);
    // RFC 9068, 4: one that is meant for another server is not for us.
    if (row.audience !== null && row.audience !== issuer()) return deny("meant for another server");
    if (!accounts.mayUseFrom(account, organisationAllowedIps, () => addresses.of(request))) {
      return deny("not from this address");
    }
    if (row.dpopJkt === null) return scheme === "bearer" ? principal : deny("not bound to a key");
    if (scheme !== "dpop") return deny("bound to a key, sent without a proof");
    if (this.#proven.get(request) === token) return principal;
    return this.#prove(row.dpopJkt, token, request, principal, deny);
  }

  async #prove(
    jkt: string,
    token: string,
    request: Request,
    principal: Principal,
    deny: (denied: string) => ProofDenied,
  ): Promise<Principal | ProofDenied> {
    const { store, clock, issuer, proofStored } = this.#with;
    const refuse = (denied: string): ProofDenied => ({ ...deny(denied), dpop: "invalid_dpop_proof" });
    try {
      const url = issuer() + new URL(request.url).pathname;
      const proof = await readProof(request, { url, token, clock });
      if (!proof) return refuse("there is no proof");
      if (proof.jkt !== jkt) return refuse("the proof is of another key");
      const fresh = await store.write((tx) => spendProof(tx, proof));
      proofStored();
      if (!fresh) return refuse("the proof was used before");
      this.#proven.set(request, token);
      return principal;
    } catch (error) {
      if (error instanceof ProofError) return refuse(error.message);
      throw error;
    }
  }
}

/** With the challenge that fits how it was sent. */
function asked(denied: Denied, scheme: Scheme): ProofDenied {
  return scheme === "dpop" ? { ...denied, dpop: "invalid_token" } : denied;
}
