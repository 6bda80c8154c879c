/** What an account gets in with, and in whose name: API tokens, TOTP, impersonation policies. */
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import type { OrganisationService } from "../organisations/service.ts";
import { Problem } from "../problem.ts";
import { KEPT_TOKEN, refuseKept, refuseKeptSecret } from "../provision/kept.ts";
import type { Also, Transaction } from "../store/store.ts";
import type { Editor } from "./editor.ts";
import { parseNewToken, type TokenInput } from "./input.ts";
import { parsePolicy, type Policy, showPolicy, type ShownPolicy } from "./policies.ts";
import {
  type AccountTokenRow,
  deletePolicy,
  deleteToken,
  insertPolicy,
  insertToken,
  policiesOf,
  tokensOf,
} from "./queries.ts";
import { showToken, type ShownToken } from "./representation.ts";
import { ACCOUNT_ID, type AccountRows } from "./rows.ts";
import { newToken, type TokenHasher } from "./tokens.ts";
import { type AccountTotp, type TotpSecret, unused } from "./totp.ts";

/** More would be tokens that nobody revokes. */
const MAX_TOKENS = 20;
const MAX_POLICIES = 100;

/** With the token itself, which is told once. */
export type CreatedToken = ShownToken & { token: string };

export class AccountCredentials {
  readonly #rows: AccountRows;
  readonly #hasher: TokenHasher;
  readonly #organisations: OrganisationService;
  readonly #vocabulary: GrantVocabulary;
  readonly #totp: AccountTotp;

  constructor(collaborators: {
    rows: AccountRows;
    hasher: TokenHasher;
    organisations: OrganisationService;
    vocabulary: GrantVocabulary;
    totp: AccountTotp;
  }) {
    this.#rows = collaborators.rows;
    this.#hasher = collaborators.hasher;
    this.#organisations = collaborators.organisations;
    this.#vocabulary = collaborators.vocabulary;
    this.#totp = collaborators.totp;
  }

  /** An account's API tokens, oldest first. @throws Problem `not_found` */
  tokens(organisationId: number, given: string): Promise<ShownToken[]> {
    return this.#rows.store.read(async (reader) => {
      const { id } = await this.#rows.find(reader, organisationId, given);
      return (await reader.run(tokensOf, { accountId: id })).map(showToken);
    });
  }

  /**
   * Makes a further API token: both are good until the old one is revoked.
   * @param body  `{label?, expires_at?}`
   * @returns it, with its text: only its hash is stored
   * @throws Problem `not_found`, `invalid`, `conflict` when the account has too many
   */
  async addToken(
    by: Editor,
    given: string,
    body: unknown,
    also?: Also<CreatedToken> | undefined,
  ): Promise<CreatedToken> {
    const input = parseNewToken(body);
    const { result } = await this.#rows.change(by, given, async (account, tx) => {
      const tokens = await tx.run(tokensOf, { accountId: account.id });
      if (tokens.length >= MAX_TOKENS)
        throw new Problem("conflict", `An account has at most ${MAX_TOKENS} tokens; revoke one first.`);
      const { token, row } = await this.insertToken(tx, account.id, input);
      const shown = showToken(row);
      const created = { ...shown, token };
      await also?.(tx, created);
      return { action: "account.token_create", detail: { ...shown }, result: created };
    });
    return result;
  }

  /** A new token's row, of an account that is being made or changed. */
  async insertToken(
    tx: Transaction,
    accountId: string,
    { label, expiresAt }: TokenInput,
  ): Promise<{ token: string; row: AccountTokenRow }> {
    const token = newToken();
    const row: AccountTokenRow = {
      id: Bun.randomUUIDv7(),
      accountId,
      hash: this.#hasher.hash(token),
      label,
      lastFour: token.slice(-4),
      createdAt: this.#rows.clock.now(),
      expiresAt,
      lastUsedAt: null,
    };
    await tx.query(insertToken(row));
    return { token, row };
  }

  /** It is refused from now on, and so are the access and refresh tokens that were bought with it. @throws Problem `not_found` */
  async revokeToken(by: Editor, given: string, tokenId: string): Promise<void> {
    await this.#rows.change(by, given, async (account, tx) => {
      const [gone] = await tx.run(deleteToken, { id: idOf(tokenId, "token"), accountId: account.id });
      if (!gone) throw notFound("token", tokenId);
      if (gone.label === KEPT_TOKEN) refuseKept(account);
      const detail = { id: tokenId, label: gone.label, last_four: gone.lastFour };
      return { action: "account.token_revoke", detail, result: undefined };
    });
  }

  /**
   * Asks for codes from now on, or replaces the secret that they are made with: the old one's are refused.
   * @throws Problem `not_found`
   */
  async setTotp(by: Editor, given: string): Promise<TotpSecret> {
    const { code } = await this.#organisations.byId(by.author.organisationId);
    const { result } = await this.#rows.change(by, given, (account) => {
      refuseKeptSecret(account);
      const { totp, columns } = this.#totp.make(account, code);
      const action = account.totpSecret === null ? "account.totp_on" : "account.totp_reset";
      return { columns, action, result: totp };
    });
    return result;
  }

  /** The API token alone gets in again. @throws Problem `not_found` */
  async removeTotp(by: Editor, given: string): Promise<void> {
    await this.#rows.change(by, given, (account) => {
      refuseKeptSecret(account);
      return account.totpSecret === null
        ? { result: undefined }
        : { columns: { totpSecret: null, ...unused }, action: "account.totp_off", result: undefined };
    });
  }

  /** @throws Problem `not_found` */
  policies(organisationId: number, given: string): Promise<ShownPolicy[]> {
    return this.#rows.store.read(async (reader) => {
      const { id } = await this.#rows.find(reader, organisationId, given);
      return (await reader.run(policiesOf, { accountId: id })).map(showPolicy);
    });
  }

  /** @param body  see `policies.ts` @throws Problem `not_found`, `invalid`, `conflict` when there are too many */
  async addPolicy(by: Editor, given: string, body: unknown): Promise<ShownPolicy> {
    const input = parsePolicy(body, this.#vocabulary);
    const { result } = await this.#rows.change(by, given, async (account, tx) => {
      const there = await tx.run(policiesOf, { accountId: account.id });
      if (there.length >= MAX_POLICIES)
        throw new Problem("conflict", `An account has at most ${MAX_POLICIES} policies; remove one first.`);
      const { id: accountId, organisationId } = account;
      const createdAt = this.#rows.clock.now();
      const policy: Policy = {
        id: Bun.randomUUIDv7(),
        organisationId,
        accountId,
        ...input,
        createdAt,
        provisioned: false,
        disabledAt: null,
      };
      await tx.query(insertPolicy(policy));
      const shown = showPolicy(policy);
      return { action: "account.policy_create", detail: { ...shown }, result: shown };
    });
    return result;
  }

  /** Tokens that it allowed are worthless from now on. @throws Problem `not_found` */
  async removePolicy(by: Editor, given: string, policyId: string): Promise<void> {
    await this.#rows.change(by, given, async (account, tx) => {
      const [gone] = await tx.run(deletePolicy, { id: idOf(policyId, "policy"), accountId: account.id });
      if (!gone) throw notFound("policy", policyId);
      refuseKept(gone);
      return { action: "account.policy_delete", detail: { id: policyId }, result: undefined };
    });
  }
}

/** Ids of tokens and policies look like those of accounts. */
function idOf(given: string, what: string): string {
  if (!ACCOUNT_ID.test(given)) throw notFound(what, given);
  return given;
}

function notFound(what: string, given: string): Problem {
  return new Problem("not_found", `The account has no ${what} ${given.slice(0, 100)}.`);
}
