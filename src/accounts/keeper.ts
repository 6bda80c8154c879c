/** Accounts and impersonation policies that koppla.yaml keeps: see `provision/service.ts`. */
import { server } from "../audit/entry.ts";
import { formatDuration } from "../config/kinds.ts";
import { isoTime } from "../http/query.ts";
import { KEPT_TOKEN } from "../provision/kept.ts";
import { type Change, differences, type Step } from "../provision/step.ts";
import type { AccountWish, PolicyWish } from "../provision/wishes.ts";
import type { Transaction } from "../store/store.ts";
import type { AccountRow } from "./account.ts";
import type { Editor } from "./editor.ts";
import type { Policy } from "./policies.ts";
import {
  accountsNamed,
  deleteToken,
  insertAccount,
  insertPolicy,
  insertToken,
  keptAccounts,
  keptPolicies,
  policiesOfAccount,
  tokensOf,
  updatePolicy,
} from "./queries.ts";
import type { AccountRows } from "./rows.ts";
import type { TokenHasher } from "./tokens.ts";
import { type AccountTotp, unused } from "./totp.ts";

export class AccountKeeper {
  readonly #rows: AccountRows;
  readonly #hasher: TokenHasher;
  readonly #totp: AccountTotp;

  constructor(collaborators: { rows: AccountRows; hasher: TokenHasher; totp: AccountTotp }) {
    this.#rows = collaborators.rows;
    this.#hasher = collaborators.hasher;
    this.#totp = collaborators.totp;
  }

  async keep(
    tx: Transaction,
    organisationId: number,
    wish: AccountWish,
  ): Promise<{ id: string; step?: Step }> {
    const { settings, totpSecret } = wish;
    const told = { kind: "account", name: `${wish.organisation}/${settings.name}` } as const;
    const by = editorOf(organisationId);
    const rows = await tx.run(accountsNamed, { organisationId, name: settings.name });
    // Of several with the name the one that is kept already, else the oldest.
    const row = rows.find(({ provisioned }) => provisioned) ?? rows[0];
    if (!row) {
      const made = await this.#insert(tx, by, wish);
      await this.#setToken(tx, made.id, wish.token);
      return { id: made.id, step: { ...told, action: "create", changes: differences({}, inYaml(made)) } };
    }
    const columns = { ...columnsOf(wish), disabledAt: null };
    const changes = differences(inYaml(row), inYaml({ ...row, ...columns }));
    if (row.disabledAt !== null) changes.push({ field: "enabled", from: false, to: true });
    const totp = this.#totpOf(row, wish, changes);
    if (await this.#setToken(tx, row.id, wish.token)) changes.push({ field: "api_token" });
    const marked = row.provisioned && row.secretProvisioned === (totpSecret !== null);
    if (marked && changes.length === 0) return { id: row.id };
    await this.#rows.apply(tx, by, row, {
      columns: { ...columns, ...totp },
      action: "account.change",
      detail: { changed: changes.map(({ field }) => field), by: "koppla.yaml" },
    });
    return { id: row.id, step: { ...told, action: row.provisioned ? "change" : "keep", changes } };
  }

  /** Those that koppla.yaml keeps no longer are disabled, and anybody's again. */
  async release(tx: Transaction, kept: ReadonlySet<string>): Promise<Step[]> {
    const rows = (await tx.run(keptAccounts, {})).filter(({ id }) => !kept.has(id));
    for (const row of rows) {
      await this.#setToken(tx, row.id, null);
      await this.#rows.apply(tx, editorOf(row.organisationId), row, {
        columns: {
          ...{ disabledAt: row.disabledAt ?? this.#rows.clock.now() },
          ...{ provisioned: false, secretProvisioned: false },
        },
        ...{ action: "account.disable", detail: { by: "koppla.yaml" } },
      });
    }
    return rows.map(({ name }) => ({ kind: "account", name, action: "disable", changes: [] }));
  }

  /** The active account of that name, for what refers to it. */
  async named(tx: Transaction, organisationId: number, name: string): Promise<AccountRow | undefined> {
    const rows = await tx.run(accountsNamed, { organisationId, name });
    return rows.find(({ provisioned }) => provisioned) ?? rows[0];
  }

  async keepPolicy(
    tx: Transaction,
    account: Pick<AccountRow, "id" | "organisationId" | "clientId">,
    wish: PolicyWish,
  ): Promise<{ id: string; step?: Step }> {
    const { organisation, account: name, ...policy } = wish;
    const { id: accountId, organisationId } = account;
    const told = { kind: "impersonation_policy", name: `${organisation}/${name}` } as const;
    const rows = await tx.run(policiesOfAccount, { accountId });
    const { life, ...content } = policy;
    const row = rows.find(({ users, groups, scopes }) => Bun.deepEquals({ users, groups, scopes }, content));
    const shown = { ...policy, life: formatDuration(life) };
    if (!row) {
      const made: Policy = {
        ...{ id: Bun.randomUUIDv7(), organisationId, accountId, ...policy },
        ...{ createdAt: this.#rows.clock.now(), provisioned: true, disabledAt: null },
      };
      await tx.query(insertPolicy(made));
      this.#recordPolicy(tx, account, "account.policy_create", shown);
      return { id: made.id, step: { ...told, action: "create", changes: differences({}, shown) } };
    }
    if (row.provisioned && row.disabledAt === null && row.life === life) return { id: row.id };
    await tx.query(updatePolicy(row.id, { life, provisioned: true, disabledAt: null }));
    this.#recordPolicy(tx, account, "account.policy_change", shown);
    const changes = differences({ ...content, life: formatDuration(row.life) }, shown);
    const action = row.disabledAt !== null ? "create" : row.provisioned ? "change" : "keep";
    return { id: row.id, step: { ...told, action, changes } };
  }

  async releasePolicies(tx: Transaction, kept: ReadonlySet<string>): Promise<Step[]> {
    const rows = (await tx.run(keptPolicies, {})).filter(({ id }) => !kept.has(id));
    for (const { id, organisationId, clientId } of rows) {
      await tx.query(updatePolicy(id, { provisioned: false, disabledAt: this.#rows.clock.now() }));
      this.#recordPolicy(tx, { organisationId, clientId }, "account.policy_disable", { id });
    }
    return rows.map(({ account: name }) => ({
      ...{ kind: "impersonation_policy", name, action: "disable", changes: [] },
    }));
  }

  #recordPolicy(
    tx: Transaction,
    account: Pick<AccountRow, "organisationId" | "clientId">,
    action: string,
    detail: Record<string, unknown>,
  ): void {
    const row = { ...account, id: account.clientId };
    this.#rows.note(tx, editorOf(account.organisationId), row, action, { ...detail, by: "koppla.yaml" });
  }

  async #insert(tx: Transaction, by: Editor, wish: AccountWish): Promise<AccountRow> {
    const now = this.#rows.clock.now();
    const names = { id: Bun.randomUUIDv7(), clientId: `acc_${Bun.randomUUIDv7().replaceAll("-", "")}` };
    const { name, totp } = wish.settings;
    const asked = totp ? this.#totp.make({ ...names, name }, wish.organisation, wish.totpSecret) : undefined;
    const row: AccountRow = {
      ...{ ...names, organisationId: by.author.organisationId, name, createdAt: now, modifiedAt: now },
      ...{ disabledAt: null, deletedAt: null, dpop: false, redirectUris: [] },
      ...columnsOf(wish),
      ...(asked?.columns ?? { totpSecret: null, ...unused }),
    };
    await tx.query(insertAccount(row));
    const { grants, allowedIps } = row;
    const detail = { name, grants, allowed_ips: allowedIps, totp, by: "koppla.yaml" };
    this.#rows.record(tx, by, row, "account.create", detail);
    return row;
  }

  /** Codes are asked for from now on, or made with another secret. Nothing here takes them away. */
  #totpOf(row: AccountRow, wish: AccountWish, changes: Change[]): Partial<AccountRow> {
    const { settings, totpSecret } = wish;
    if (!settings.totp) return {};
    const has = row.totpSecret !== null;
    if (has && (totpSecret === null || this.#totp.is(row, totpSecret))) return {};
    changes.push(has ? { field: "totp_secret" } : { field: "totp", from: false, to: true });
    return this.#totp.make(row, wish.organisation, totpSecret).columns;
  }

  /** @returns whether something was changed */
  async #setToken(tx: Transaction, accountId: string, token: string | null): Promise<boolean> {
    const hash = token === null ? null : this.#hasher.hash(token);
    const tokens = await tx.run(tokensOf, { accountId });
    const stale = tokens.filter((one) => one.label === KEPT_TOKEN && one.hash !== hash);
    for (const { id } of stale) await tx.run(deleteToken, { id, accountId });
    const there = tokens.some((one) => one.hash === hash);
    if (hash === null || token === null || there) return stale.length > 0;
    await tx.query(
      insertToken({
        ...{ id: Bun.randomUUIDv7(), accountId, hash, label: KEPT_TOKEN, lastFour: token.slice(-4) },
        ...{ createdAt: this.#rows.clock.now(), expiresAt: null, lastUsedAt: null },
      }),
    );
    return true;
  }
}

function editorOf(organisationId: number): Editor {
  return { author: server(organisationId), mayHandOut: () => {} };
}

function columnsOf({ settings, totpSecret }: AccountWish) {
  const { description, grants, allowedIps, expiresAt, token } = settings;
  return {
    ...{ description, grants, allowedIps, expiresAt },
    ...{ tokenKind: token.kind, tokenLife: token.life, tokenRefresh: token.refresh },
    tokenAudience: token.audience,
    ...{ provisioned: true, secretProvisioned: totpSecret !== null },
  };
}

function inYaml(row: AccountRow) {
  return {
    ...{ description: row.description, grants: row.grants, allowed_ips: row.allowedIps },
    expires_at: row.expiresAt === null ? null : isoTime(row.expiresAt),
    token: { kind: row.tokenKind, life: formatDuration(row.tokenLife), refresh: row.tokenRefresh },
  };
}
