/** How accounts are found and changed: in one write with its line in the audit log, and told to who keeps them. */
import type { AuditLog } from "../audit/service.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { endTokensOfAccount } from "../oauth/revocation.ts";
import { Problem } from "../problem.ts";
import { type Reader, type Stage, type Store, type Transaction, WriteConflict } from "../store/store.ts";
import type { AccountRow } from "./account.ts";
import type { Editor } from "./editor.ts";
import { accountByClientId, accountById, updateAccount } from "./queries.ts";

/** Nothing else is looked up: PostgreSQL takes an id with a NUL in it for an error. */
export const ACCOUNT_ID = /^[0-9a-f-]{36}$/;
const CLIENT_ID = /^acc_[0-9a-f]{32}$/;

/** What is done to an account: the columns that change, and what the audit log hears of it. */
export interface Edit<R> {
  columns?: Partial<AccountRow>;
  /** Such as `account.change`; none where nothing happened. */
  action?: string;
  detail?: Record<string, unknown>;
  result: R;
}

export interface AccountRowsCollaborators {
  store: Store;
  clock: Clock;
  audit: Pick<AuditLog, "record">;
  feed: Pick<ChangeFeed, "recordOwn">;
}

export class AccountRows {
  readonly store: Store;
  readonly clock: Clock;
  readonly #audit: Pick<AuditLog, "record">;
  readonly #feed: Pick<ChangeFeed, "recordOwn">;
  readonly #listeners = new Set<() => void>();

  constructor({ store, clock, audit, feed }: AccountRowsCollaborators) {
    this.store = store;
    this.clock = clock;
    this.#audit = audit;
    this.#feed = feed;
  }

  /** Calls `listener` when accounts were changed by this process; returns what ends that. */
  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /**
   * @param given  an id or a client id
   * @returns undefined for what is none, and for what is another organisation's
   */
  async look(reader: Reader, organisationId: number, given: string): Promise<AccountRow | undefined> {
    const row = await anywhere(reader, given);
    return row?.organisationId === organisationId ? row : undefined;
  }

  /** @throws Problem `not_found` */
  async organisationOf(reader: Reader, given: string): Promise<number> {
    const row = await anywhere(reader, given);
    if (!row) throw notFound(given);
    return row.organisationId;
  }

  /** @throws Problem `not_found`; a deleted one is found where `deleted` asks for it */
  async find(
    reader: Reader,
    organisationId: number,
    given: string,
    { deleted = false } = {},
  ): Promise<AccountRow> {
    const row = await this.look(reader, organisationId, given);
    if (!row || (row.deletedAt !== null && !deleted)) throw notFound(given);
    return row;
  }

  /**
   * Changes an account, or something that belongs to it.
   * @param edit  says what becomes of the row as it is; it may run again
   * @returns the row as it is then
   * @throws Problem `not_found`; Forbidden when the account has grants that the editor has not; what `edit` throws
   */
  change<R>(
    by: Editor,
    given: string,
    edit: (row: AccountRow, tx: Transaction) => Edit<R> | Promise<Edit<R>>,
  ): Promise<{ row: AccountRow; result: R }> {
    return this.store.write(async (tx) => {
      const row = await this.find(tx, by.author.organisationId, given);
      by.mayHandOut(row.grants);
      const { result, ...done } = await edit(row, tx);
      return { row: await this.apply(tx, by, row, done), result };
    });
  }

  /** The same of a row that was read in this write. Nothing is asked of what the editor may. @returns it as it is then */
  async apply(
    tx: Transaction,
    by: Editor,
    row: AccountRow,
    { columns = {}, action, detail }: Omit<Edit<unknown>, "result">,
  ): Promise<AccountRow> {
    let next = row;
    if (Object.keys(columns).length > 0) {
      // It is the row's version too, so it grows whatever the clock does.
      const all = { ...columns, modifiedAt: Math.max(this.clock.now(), row.modifiedAt + 1) };
      const [updated] = await tx.query(updateAccount(row, all));
      if (!updated) throw new WriteConflict();
      // Once for all: enabled again, it begins without the access tokens that it had, or was being given meanwhile.
      const enabled = columns.disabledAt === null && row.disabledAt !== null;
      if (enabled || columns.disabledAt || columns.deletedAt) await endTokensOfAccount(tx, row.id);
      next = { ...row, ...all };
    }
    if (action !== undefined) this.record(tx, by, next, action, detail);
    return next;
  }

  /** Tells the audit log, the feed and, when it is committed, those who keep accounts in memory. */
  record(
    tx: Transaction,
    by: Editor,
    row: AccountRow,
    action: string,
    detail?: Record<string, unknown>,
  ): void {
    this.note(tx, by, row, action, detail);
    const change = row.deletedAt === null ? "update" : "destroy";
    this.#feed.recordOwn(tx, by.author, {
      ...{ topic: "Accounts.Update", action: change, key: row.id, at: this.clock.now() },
    });
  }

  /** As {@link record}, without a change in the feed: of what an account has, not what it is. */
  note(
    tx: Transaction,
    by: Editor,
    { id, clientId }: Pick<AccountRow, "id" | "clientId">,
    action: string,
    detail?: Record<string, unknown>,
  ): void {
    const target = `account:${clientId}`;
    this.#audit.record(tx, by.author, { action, outcome: "success", target, ...(detail && { detail }) });
    tx.defer(this.#stage, id);
  }

  // Other processes notice by themselves: on SQLite by `store.epoch()`, on PostgreSQL nothing of accounts is kept.
  readonly #stage: Stage<string> = {
    apply: async () => {},
    committed: () => this.tell(),
  };
}

async function anywhere(reader: Reader, given: string): Promise<AccountRow | undefined> {
  const byClientId = CLIENT_ID.test(given);
  if (!byClientId && !ACCOUNT_ID.test(given)) return undefined;
  const [row] = byClientId
    ? await reader.run(accountByClientId, { clientId: given })
    : await reader.run(accountById, { id: given });
  return row;
}

function notFound(given: string): Problem {
  return new Problem("not_found", `There is no account ${given.slice(0, 100)}.`);
}
