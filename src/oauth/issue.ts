/** Making tokens: their rows, inside the write that grants them, and the answer, once that write is on disk. */
import type { AccountRow } from "../accounts/account.ts";
import type { ApiToken } from "../accounts/service.ts";
import type { Actor } from "../accounts/principal.ts";
import { newSecretId, newToken, type TokenHasher } from "../accounts/tokens.ts";
import type { Clock } from "../clock.ts";
import { chunksOfMany, SEVERAL } from "../store/many.ts";
import type { Stage, Transaction } from "../store/store.ts";
import { signAccessToken } from "./jwt.ts";
import type { SigningKey, SigningKeys } from "./keys.ts";
import {
  type AccessTokenRow,
  insertAccessToken,
  insertOwnAccessTokens,
  insertRefreshToken,
} from "./queries.ts";

/** The token itself, made before the write that may run more than once. */
export type Draft =
  | { kind: "opaque"; token: string; hash: string }
  | { kind: "jwt"; id: string; hash: string; key: SigningKey };

/** What an access token is for. */
export interface Access {
  account: AccountRow;
  /** The person it speaks for; null: the account itself. */
  userId: string | null;
  actor: Actor | null;
  scope: string;
  familyId: string | null;
  policies: string[];
  dpopJkt: string | null;
  /** Milliseconds; of the account, or less. */
  life: number;
  /** That of the client, with which it is bought: neither it nor its refresh token is good beyond that. */
  apiToken: ApiToken;
  /** Ids of those that bought what it is exchanged for. */
  earlierApiTokens: string[] | null;
}

export interface Issued {
  access: Access;
  createdAt: number;
  expiresAt: number;
  refresh: { token: string; expiresAt: number } | undefined;
}

/** RFC 6749, 5.1, RFC 8693, 2.2.1; `base_url` is ours: where the API is. */
export interface TokenAnswer {
  access_token: string;
  token_type: "Bearer" | "DPoP";
  expires_in: number;
  scope: string;
  base_url: string;
  refresh_token?: string;
  /** Seconds that it is good for; not of a standard, but clients of other servers know it so. */
  refresh_expires_in?: number;
  issued_token_type?: string;
}

/** Tokens of accounts' own that share a transaction are stored together. */
const together: Stage<AccessTokenRow> = {
  apply: async (tx, rows) => {
    const { chunks, rest } = chunksOfMany(rows, SEVERAL);
    await Promise.all([
      ...chunks.map((several) => tx.run(insertOwnAccessTokens, { rows: several })),
      ...rest.map((row) => tx.run(insertAccessToken, row)),
    ]);
  },
};

export class TokenMaker {
  readonly #clock: Clock;
  readonly #hasher: TokenHasher;
  readonly #keys: SigningKeys;
  readonly #refreshLife: number;

  /** @param refreshLife  milliseconds */
  constructor(collaborators: { clock: Clock; hasher: TokenHasher; keys: SigningKeys; refreshLife: number }) {
    this.#clock = collaborators.clock;
    this.#hasher = collaborators.hasher;
    this.#keys = collaborators.keys;
    this.#refreshLife = collaborators.refreshLife;
  }

  /** What is stored of a token in place of it. */
  hash(token: string): string {
    return this.#hasher.placed(token);
  }

  /** What is stored of a JWT: its id's, for its text is known only when it is signed. */
  hashOfJwt(id: string): string {
    return this.#hasher.placed(`jti_${id}`);
  }

  draft(account: Pick<AccountRow, "tokenKind">): Draft | Promise<Draft> {
    if (account.tokenKind === "jwt") return this.#draftJwt();
    const token = newToken("access", this.#clock.now());
    return { kind: "opaque", token, hash: this.hash(token) };
  }

  async #draftJwt(): Promise<Draft> {
    const id = newSecretId(this.#clock.now());
    return { kind: "jwt", id, hash: this.hashOfJwt(id), key: await this.#keys.active() };
  }

  /** @param refresh  the scope of the refresh token that goes with it; not given: there is none */
  async insert(
    tx: Transaction,
    draft: Draft,
    access: Access,
    refresh?: { scope: string; familyId: string },
  ): Promise<Issued> {
    const { account, userId, dpopJkt, apiToken } = access;
    const createdAt = this.#clock.now();
    const atMost = apiToken.expiresAt ?? Number.POSITIVE_INFINITY;
    // Whole seconds: a JWT and `expires_in` say the same.
    const life = Math.floor(Math.min(access.life, atMost - createdAt) / 1000) * 1000;
    const expiresAt = Math.min(createdAt + Math.max(1_000, life), atMost);
    const row: AccessTokenRow = {
      hash: draft.hash,
      organisationId: account.organisationId,
      accountId: account.id,
      userId,
      actor: access.actor,
      scope: access.scope,
      familyId: access.familyId,
      policies: access.policies,
      dpopJkt,
      audience: draft.kind === "jwt" ? account.tokenAudience : null,
      createdAt,
      expiresAt,
      apiTokenId: apiToken.id,
      earlierApiTokens: access.earlierApiTokens,
    };
    // One that can end with a family or a person must be there for whoever ends them in the same transaction.
    if (row.familyId === null && userId === null) tx.defer(together, row);
    else await tx.run(insertAccessToken, row);
    if (draft.kind === "jwt") await this.#keys.promise(tx, draft.key, expiresAt);
    if (!refresh) return { access, createdAt, expiresAt, refresh: undefined };
    const next = {
      token: newToken("refresh", createdAt),
      expiresAt: Math.min(createdAt + this.#refreshLife, atMost),
    };
    await tx.run(insertRefreshToken, {
      hash: this.hash(next.token),
      ...refresh,
      organisationId: account.organisationId,
      accountId: account.id,
      userId,
      dpopJkt,
      createdAt,
      expiresAt: next.expiresAt,
      apiTokenId: apiToken.id,
    });
    return { access, createdAt, expiresAt, refresh: next };
  }

  /** @param token  its text @param issuer  our address */
  answer(token: string, issued: Issued, issuer: string): TokenAnswer {
    const { access, createdAt, expiresAt, refresh } = issued;
    const answer: TokenAnswer = {
      access_token: token,
      token_type: access.dpopJkt === null ? "Bearer" : "DPoP",
      expires_in: Math.floor((expiresAt - createdAt) / 1000),
      scope: access.scope,
      base_url: issuer,
    };
    if (refresh) {
      answer.refresh_token = refresh.token;
      answer.refresh_expires_in = Math.floor((refresh.expiresAt - createdAt) / 1000);
    }
    return answer;
  }

  /** The text of a JWT, whose row is stored. @param issuer  our address */
  sign(draft: Draft & { kind: "jwt" }, issued: Issued, issuer: string): Promise<string> {
    const { account, userId, scope, actor, dpopJkt } = issued.access;
    return signAccessToken(draft.key, {
      issuer,
      subject: userId ?? account.clientId,
      clientId: account.clientId,
      audience: account.tokenAudience ?? issuer,
      id: draft.id,
      scope,
      actor,
      dpopJkt,
      issuedAt: issued.createdAt,
      expiresAt: issued.expiresAt,
    });
  }
}
