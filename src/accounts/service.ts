/** API accounts: machines with tokens and grants. Who gets in as which account is answered here and nowhere else. */
import type { StoredGrant } from "../../db/schema.ts";
import type { Origin } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { foundPage } from "../http/list-search.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import type { OrganisationService } from "../organisations/service.ts";
import { notKept, refuseKept } from "../provision/kept.ts";
import type { SecretBox } from "../secrets/seal.ts";
import type { Also, Reader, Store, Transaction } from "../store/store.ts";
import { type AccountRow, type Address, isActive, mayUseFrom, type Standing } from "./account.ts";
import { AccountCredentials } from "./credentials.ts";
import { type Editor, shellEditor } from "./editor.ts";
import { parseAccountPatch, parseNewAccount } from "./input.ts";
import { AccountKeeper } from "./keeper.ts";
import { type Denied, KnownTokens } from "./known-tokens.ts";
import { LastUse } from "./last-use.ts";
import type { Policy } from "./policies.ts";
import type { Principal } from "./principal.ts";
import {
  accountByClientId,
  accountById,
  accountsByIds,
  accountsOf,
  accountTexts,
  insertAccount,
  liveAccountsOf,
  policiesOf,
  tokenByHash,
  tokenById,
  tokensOf,
  tokensOfAll,
} from "./queries.ts";
import { showAccount, type ShownAccount } from "./representation.ts";
import { ACCOUNT_ID, AccountRows } from "./rows.ts";
import type { TokenHasher } from "./tokens.ts";
import { AccountTotp, type CodeUse, type TotpSecret, unused } from "./totp.ts";

export type { AccountRow } from "./account.ts";
export type { Denied } from "./known-tokens.ts";
export type { Policy } from "./policies.ts";
export type { CodeUse } from "./totp.ts";

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
  /** Told once; where the account has TOTP. */
  totp?: TotpSecret;
  shown: ShownAccount;
}

export interface AccountRights {
  id: string;
  clientId: string;
  organisationId: number;
  grants: StoredGrant[];
  /** False when it is disabled, deleted or expired: it then may do nothing. */
  active: boolean;
}

/** What a client's own secret came to. */
export interface VerifiedClient {
  /** The account, also when only the secret is wrong. It may be disabled, deleted or expired. */
  account?: AccountRow;
  /** The account's API token that it is, and that has not expired; not given: the secret is wrong. */
  token?: ApiToken;
}

/** What is bought with it ends with it. */
export interface ApiToken {
  id: string;
  /** Milliseconds since 1970; null: never. */
  expiresAt: number | null;
}

export interface AccountCollaborators {
  store: Store;
  clock: Clock;
  hasher: TokenHasher;
  organisations: OrganisationService;
  vocabulary: GrantVocabulary;
  audit: Pick<AuditLog, "record">;
  feed: Pick<ChangeFeed, "recordOwn">;
  /** Seals TOTP secrets. */
  box: SecretBox;
}

const CLIENT_ID = /^acc_[0-9a-f]{32}$/;

export class AccountService {
  /** Its API tokens, TOTP and impersonation policies. */
  readonly credentials: AccountCredentials;
  /** For those that koppla.yaml keeps. */
  readonly keeper: AccountKeeper;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #hasher: TokenHasher;
  readonly #organisations: OrganisationService;
  readonly #vocabulary: GrantVocabulary;
  readonly #rows: AccountRows;
  readonly #known: KnownTokens;
  readonly #lastUse: LastUse;
  readonly #totp: AccountTotp;

  constructor(collaborators: AccountCollaborators) {
    const { store, clock, hasher, organisations, vocabulary, audit, feed, box } = collaborators;
    this.#store = store;
    this.#clock = clock;
    this.#hasher = hasher;
    this.#organisations = organisations;
    this.#vocabulary = vocabulary;
    this.#rows = new AccountRows({ store, clock, audit, feed });
    this.#totp = new AccountTotp({ clock, box, audit });
    this.#lastUse = new LastUse(store, clock);
    this.#known = new KnownTokens({ store, clock, hasher, lastUse: this.#lastUse });
    this.#rows.onChanged(() => this.#known.forget());
    // Its name and its addresses are kept with what is known of its accounts.
    organisations.onChanged(() => this.forget());
    this.keeper = new AccountKeeper({ rows: this.#rows, hasher, totp: this.#totp });
    this.credentials = new AccountCredentials({
      ...{ rows: this.#rows, hasher, organisations, vocabulary, totp: this.#totp },
    });
  }

  /** As {@link createFrom}, by the shell. @throws Problem `invalid` */
  create({ organisationId, tokenExpiresAt, ...body }: NewAccount): Promise<CreatedAccount> {
    return this.createFrom(body, shellEditor(organisationId), tokenExpiresAt);
  }

  /**
   * Makes an account with one token.
   * @param body  as it was sent; see `input.ts`
   * @param tokenExpiresAt  when that token ends, milliseconds since 1970
   * @throws Problem `invalid`; Forbidden when it is to have grants that `by` has not
   */
  async createFrom(
    body: unknown,
    by: Editor,
    tokenExpiresAt: number | null = null,
    also?: Also<CreatedAccount> | undefined,
  ): Promise<CreatedAccount> {
    const { totp: hasTotp, enabled, token: settings, ...given } = parseNewAccount(body, this.#vocabulary);
    by.mayHandOut(given.grants);
    const { organisationId } = by.author;
    const { code } = await this.#organisations.byId(organisationId);
    const names = { id: Bun.randomUUIDv7(), clientId: `acc_${Bun.randomUUIDv7().replaceAll("-", "")}` };
    const made = hasTotp ? this.#totp.make({ ...names, name: given.name }, code) : undefined;
    return await this.#store.write(async (tx) => {
      const now = this.#clock.now();
      const row: AccountRow = {
        ...names,
        ...given,
        organisationId,
        createdAt: now,
        modifiedAt: now,
        disabledAt: enabled ? null : now,
        deletedAt: null,
        ...(made?.columns ?? { totpSecret: null, ...unused }),
        tokenKind: settings.kind,
        tokenLife: settings.life,
        tokenRefresh: settings.refresh,
        tokenAudience: settings.audience,
        ...notKept,
      };
      await tx.query(insertAccount(row));
      const first = { label: "first", expiresAt: tokenExpiresAt };
      const { token, row: tokenRow } = await this.credentials.insertToken(tx, row.id, first);
      const { name, grants, allowedIps } = row;
      const detail = { name, grants, allowed_ips: allowedIps, totp: hasTotp };
      this.#rows.record(tx, by, row, "account.create", detail);
      const shown = showAccount(row, [tokenRow]);
      const created = { ...names, token, grants, ...(made && { totp: made.totp }), shown };
      await also?.(tx, created);
      return created;
    });
  }

  /** In order of creation. @param query.deleted  with those that were deleted */
  async list(
    organisationId: number,
    query: { limit: number; cursor?: string; deleted?: boolean; search?: string },
  ): Promise<Page<ShownAccount>> {
    const { limit, cursor, deleted = false, search } = query;
    const list = deleted ? "accounts with deleted" : "accounts";
    if (search !== undefined) {
      return await foundPage(
        list,
        { search, limit, cursor },
        {
          id: ACCOUNT_ID,
          next: (after, size) =>
            this.#store.read((reader) => reader.run(accountTexts, { organisationId, after, limit: size })),
          texts: (row) =>
            deleted || row.deletedAt === null ? [row.name, row.clientId, row.description, row.id] : undefined,
          show: (ids) =>
            this.#store.read(
              async (reader) => await this.#show(reader, await reader.query(accountsByIds(ids))),
            ),
        },
      );
    }
    const after = cursor === undefined ? "" : decodeIdCursor(list, cursor, ACCOUNT_ID);
    const statement = deleted ? accountsOf : liveAccountsOf;
    return await this.#store.read(async (reader) => {
      const rows = await reader.run(statement, { organisationId, after, limit: limit + 1 });
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return {
        items: await this.#show(reader, items),
        next_cursor: rows.length > limit && last ? encodeCursor(list, [last.id]) : null,
      };
    });
  }

  /** Accounts with their tokens. */
  async #show(reader: Reader, rows: readonly AccountRow[]): Promise<ShownAccount[]> {
    const ids = rows.map(({ id }) => id);
    const tokens = ids.length === 0 ? [] : await reader.query(tokensOfAll(ids));
    const byAccount = Map.groupBy(tokens, ({ accountId }) => accountId);
    return rows.map((row) => showAccount(row, byAccount.get(row.id) ?? []));
  }

  /** @param given  its id or client id @throws Problem `not_found` */
  get(organisationId: number, given: string, options: { deleted?: boolean } = {}): Promise<ShownAccount> {
    return this.#store.read(async (reader) => {
      const row = await this.#rows.find(reader, organisationId, given, options);
      return showAccount(row, await reader.run(tokensOf, { accountId: row.id }));
    });
  }

  /**
   * Changes what `body` has and nothing else.
   * @throws Problem `not_found`, `invalid`; Forbidden when it has or is to have grants that `by` has not
   */
  async patch(by: Editor, given: string, body: unknown): Promise<ShownAccount> {
    // What is wrong with the body of an account that is not there is nobody's business.
    await this.#store.read((reader) => this.#rows.find(reader, by.author.organisationId, given));
    const { enabled, ...columns } = parseAccountPatch(body, this.#vocabulary);
    if (columns.grants) by.mayHandOut(columns.grants);
    const changed = isObject(body) ? body : {};
    return await this.#edit(by, given, "account.change", changed, (row) => ({
      ...columns,
      ...(enabled !== undefined && this.#switched(row, enabled)),
    }));
  }

  /** @throws Problem `not_found` */
  enable(by: Editor, given: string): Promise<ShownAccount> {
    return this.#edit(by, given, "account.enable", undefined, (row) => this.#switched(row, true));
  }

  /** It may do nothing until it is enabled; its API tokens stay, its access tokens end. @throws Problem `not_found` */
  disable(by: Editor, given: string): Promise<ShownAccount> {
    return this.#edit(by, given, "account.disable", undefined, (row) => this.#switched(row, false));
  }

  /** Deletes an account for good; its row stays, for the audit log. @throws Problem `not_found` */
  async remove(by: Editor, given: string): Promise<void> {
    await this.#edit(by, given, "account.delete", undefined, () => ({ deletedAt: this.#clock.now() }));
  }

  async #edit(
    by: Editor,
    given: string,
    action: string,
    detail: Record<string, unknown> | undefined,
    change: (row: AccountRow) => Partial<AccountRow>,
  ): Promise<ShownAccount> {
    const { row, result } = await this.#rows.change(by, given, async (found, tx) => {
      refuseKept(found);
      const columns = change(found);
      const tokens = await tx.run(tokensOf, { accountId: found.id });
      if (Object.keys(columns).length === 0) return { result: tokens };
      return { columns, action, ...(detail && { detail }), result: tokens };
    });
    return showAccount(row, result);
  }

  #switched({ disabledAt }: AccountRow, enabled: boolean): Partial<AccountRow> {
    if (enabled === (disabledAt === null)) return {};
    return { disabledAt: enabled ? null : this.#clock.now() };
  }

  /**
   * The principal of an API token, or why it is none.
   * @param address  where the request comes from; asked for only where it matters
   */
  admit(token: string, address: Address): Principal | Denied | Promise<Principal | Denied> {
    return this.#known.admit(token, address);
  }

  /** As {@link admit}; undefined when it is no way in. */
  async authenticate(token: string, address: Address = null): Promise<Principal | undefined> {
    const admitted = await this.#known.admit(token, address);
    return "denied" in admitted ? undefined : admitted;
  }

  /**
   * Whether `secret` is an API token of the account with that client id. Takes the same time for ids that there are
   * not. Of the account's standing, address and codes it says nothing.
   */
  async verifyClient(reader: Reader, clientId: string, secret: string): Promise<VerifiedClient> {
    const hash = this.#hasher.hash(secret);
    const [[account], [token]] = await Promise.all([
      reader.run(accountByClientId, { clientId: CLIENT_ID.test(clientId) ? clientId : "" }),
      reader.run(tokenByHash, { hash }),
    ]);
    if (!account) return {};
    const now = this.#clock.now();
    const ok = token?.accountId === account.id && (token.expiresAt === null || token.expiresAt > now);
    if (!ok) return { account };
    const { id, expiresAt, lastUsedAt } = token;
    this.#lastUse.note(id, lastUsedAt, now);
    return { account, token: { id, expiresAt } };
  }

  /** Whether all of these API tokens are there, expired or not. */
  async hasTokens(reader: Reader, ids: readonly string[]): Promise<boolean> {
    const found = await Promise.all(ids.map((id) => reader.run(tokenById, { id })));
    return found.every((rows) => rows.length > 0);
  }

  /** False when it is disabled, deleted or expired. @param now  milliseconds since 1970 */
  isActive(account: Standing, now: number = this.#clock.now()): boolean {
    return isActive(account, now);
  }

  /** Whether an account may be used from an address: its own list and its organisation's must both contain it. */
  mayUseFrom(
    account: Pick<AccountRow, "allowedIps">,
    organisationAllowedIps: readonly string[],
    address: Address,
  ): boolean {
    return mayUseFrom(account, organisationAllowedIps, address);
  }

  /** Uses up a one-time code: see {@link AccountTotp.use}. What it answers is to be committed, whatever it is. */
  useTotp(
    tx: Transaction,
    account: Pick<AccountRow, "id">,
    code: string | null | undefined,
    origin?: Origin,
  ): Promise<CodeUse> {
    return this.#totp.use(tx, account, code, origin);
  }

  /** The policies by which an account may act in others' names. */
  policies(reader: Reader, accountId: string): Promise<Policy[]> {
    return reader.run(policiesOf, { accountId });
  }

  /** Any account by its id, deleted ones too. */
  async byId(reader: Reader, id: string): Promise<AccountRow | undefined> {
    const [row] = await reader.run(accountById, { id });
    return row;
  }

  /** Any account by its client id, deleted ones too. */
  async withClientId(reader: Reader, clientId: string): Promise<AccountRow | undefined> {
    const known = CLIENT_ID.test(clientId) ? clientId : "";
    const [row] = await reader.run(accountByClientId, { clientId: known });
    return row;
  }

  /** To be called when something that authentication depends on was changed in this process. */
  forget(): void {
    this.#rows.tell();
  }

  /** Calls `listener` when an account was changed in this process; returns what ends that. */
  onChanged(listener: () => void): () => void {
    return this.#rows.onChanged(listener);
  }

  /** What an account may do now, for what is done in its name later (bundles, deliveries). */
  async rights(reader: Reader, id: string): Promise<AccountRights | undefined> {
    const [row] = await reader.run(accountById, { id });
    return row && { ...row, active: isActive(row, this.#clock.now()) };
  }

  /** A deleted one too. @throws Problem `not_found` */
  async byClientId(organisationId: number, clientId: string): Promise<AccountRights> {
    const row = await this.#store.read((reader) =>
      this.#rows.find(reader, organisationId, clientId, { deleted: true }),
    );
    return { ...row, active: isActive(row, this.#clock.now()) };
  }

  /** Whose an account is, for the shell. @param given  its id or client id @throws Problem `not_found` */
  organisationOf(given: string): Promise<number> {
    return this.#store.read((reader) => this.#rows.organisationOf(reader, given));
  }

  /** Writes what is still noted of tokens' last use. */
  async close(): Promise<void> {
    await this.#lastUse.write();
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
