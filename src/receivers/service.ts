/** The rules of receivers: who may be sent what, and what happens when one changes. Knows nothing of HTTP. */
import type { AccountRights, AccountService } from "../accounts/service.ts";
import { type Author, server } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { TopicCatalogue } from "../changes/topics.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import { cancelDeliveries } from "../deliveries/cancel.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import { Problem } from "../problem.ts";
import type { SecretBox } from "../secrets/seal.ts";
import { type Reader, type Stage, type Store, type Transaction, WriteConflict } from "../store/store.ts";
import { accountOf } from "./account.ts";
import { ReceiverCodec, type ShownReceiver } from "./codec.ts";
import { parseNewReceiver, parseReceiverPatch, type ReceiverRules } from "./input.ts";
import {
  holdReceiver,
  insertReceiver,
  liveReceivers,
  liveReceiversOf,
  receiverById,
  type ReceiverRow,
  receiversOf,
  updateReceiver,
} from "./queries.ts";
import type { Receiver, ReceiversChanged } from "./receiver.ts";

export type { ShownReceiver } from "./codec.ts";

/** The answer to its creation, the only one that has its secret. */
export type CreatedReceiver = ShownReceiver & { secret: string };

/** Whether a receiver may be sent to. */
export type Standing = "enabled" | "disabled" | "deleted";

/** Whether somebody may direct what an account is allowed to see; throws when not. */
export type MayUse = (account: AccountRights) => void;

/** Nothing else is looked up: PostgreSQL takes an id with a NUL in it for an error. */
const ID = /^[0-9a-f-]{36}$/;
/** Opening so many takes some milliseconds; then other work has its turn. */
const LOADED_AT_ONCE = 200;

export interface ReceiverCollaborators {
  store: Store;
  feed: ChangeFeed;
  clock: Clock;
  box: SecretBox;
  accounts: AccountService;
  audit: AuditLog;
  topics: TopicCatalogue;
  webhooks: Pick<Config["webhooks"], "bundle" | "retrySchedules">;
}

export class ReceiverService {
  readonly #store: Store;
  readonly #feed: ChangeFeed;
  readonly #clock: Clock;
  readonly #accounts: AccountService;
  readonly #audit: AuditLog;
  readonly #rules: ReceiverRules;
  readonly #codec: ReceiverCodec;
  readonly #listeners = new Set<ReceiversChanged>();

  constructor({ store, feed, clock, box, accounts, audit, topics, webhooks }: ReceiverCollaborators) {
    this.#store = store;
    this.#feed = feed;
    this.#clock = clock;
    this.#accounts = accounts;
    this.#audit = audit;
    this.#rules = { topics, webhooks };
    this.#codec = new ReceiverCodec(box, webhooks);
  }

  /** Calls `listener` when receivers were made, changed or removed in this process; returns what ends that. */
  onChanged(listener: ReceiversChanged): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * @param by  who makes it, in his organisation
   * @param body  as it was sent; see `input.ts`
   * @param account  whose rights decide where the body names none: an account's id or client id
   * @param mayUse  throws when the caller may not let that account's rights decide
   * @throws Problem `invalid`
   */
  async create(
    by: Author,
    body: unknown,
    account?: string,
    mayUse: MayUse = () => {},
  ): Promise<CreatedReceiver> {
    const { organisationId } = by;
    const given = parseNewReceiver(body, this.#rules, account);
    const rights = await this.#account(organisationId, given.account);
    mayUse(rights);
    const accountId = rights.id;
    const id = Bun.randomUUIDv7();
    const { name, description, url, topics, format, payload, bundle, retry, headers, enabled } = given;
    return await this.#store.write(async (tx) => {
      const at = this.#clock.now();
      const row: ReceiverRow = {
        ...{ id, organisationId, accountId, name, description, url, topics, format, payload },
        ...{ bundle, retry, headers, enabled, disabledReason: null },
        auth: this.#codec.sealAuth(id, given.auth),
        secret: this.#codec.sealSecrets(id, [given.secret]),
        ...{
          metadata: {},
          contact: null,
          contentFilter: {},
          ordered: false,
          rate: null,
          whileDisabled: "keep",
        },
        ...{ disabledAt: null, signingKey: null, tls: null, failingSince: null, warned: 0 },
        cursor: given.start === "now" ? await this.#feed.head(tx, organisationId) : 0,
        createdAt: at,
        modifiedAt: at,
        deletedAt: null,
      };
      await tx.query(insertReceiver(row));
      this.#changed(tx, row);
      this.#record(tx, by, id, "receiver.create", {
        ...{ name, topics, account_id: accountId },
        host: hostOf(url),
      });
      return { ...this.#codec.show(row), secret: given.secret };
    });
  }

  /** In order of creation. @param deleted  with those that were removed */
  async list(
    organisationId: number,
    query: { limit: number; cursor?: string; deleted?: boolean },
  ): Promise<Page<ShownReceiver>> {
    const { limit, cursor, deleted = false } = query;
    const list = deleted ? "receivers with deleted" : "receivers";
    const after = cursor === undefined ? "" : decodeIdCursor(list, cursor, ID);
    const statement = deleted ? receiversOf : liveReceiversOf;
    const rows = await this.#store.read((reader) =>
      reader.run(statement, { organisationId, after, limit: limit + 1 }),
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map((row) => this.#codec.show(row)),
      next_cursor: rows.length > limit && last ? encodeCursor(list, [last.id]) : null,
    };
  }

  /** @throws Problem `not_found`; a removed one is found where `deleted` asks for it */
  get(organisationId: number, id: string, { deleted = false } = {}): Promise<ShownReceiver> {
    return this.#store.read(async (reader) =>
      this.#codec.show(await this.#find(reader, organisationId, id, deleted)),
    );
  }

  /** Changes what `body` has and nothing else. @throws Problem `not_found`, `invalid`, what `mayUse` throws */
  async patch(by: Author, id: string, body: unknown, mayUse: MayUse = () => {}): Promise<ShownReceiver> {
    const { organisationId } = by;
    // Read once more in the transaction: another patch may lie between.
    const seen = await this.#store.read((reader) => this.#find(reader, organisationId, id));
    const { account } = parseReceiverPatch(body, seen, this.#rules);
    const next = account === undefined ? undefined : await this.#account(organisationId, account);
    if (next) mayUse(next);
    return await this.#update(by, id, "receiver.change", async (row, tx) => {
      const now = await this.#accounts.rights(tx, row.accountId);
      if (now) mayUse(now);
      const columns = this.#codec.columns(id, parseReceiverPatch(body, row, this.#rules));
      return next ? { ...columns, accountId: next.id } : columns;
    });
  }

  /** @throws Problem `not_found` */
  enable(by: Author, id: string): Promise<ShownReceiver> {
    return this.#update(by, id, "receiver.enable", (row) =>
      row.enabled ? {} : { enabled: true, disabledReason: null },
    );
  }

  /** Nothing is sent to it until it is enabled; its changes go on merging. @throws Problem `not_found` */
  disable(by: Author, id: string): Promise<ShownReceiver> {
    return this.#update(by, id, "receiver.disable", (row) =>
      row.enabled ? { enabled: false, disabledReason: null } : {},
    );
  }

  /** As {@link disable}, by the program itself. @param reason  what its owner is told: one sentence */
  async disableByServer(id: string, reason: string): Promise<void> {
    const [row] = await this.#store.read((reader) => reader.run(receiverById, { id }));
    if (!row || row.deletedAt !== null) return;
    await this.#update(server(row.organisationId), id, "receiver.disable", (now) =>
      now.enabled ? { enabled: false, disabledReason: reason } : {},
    );
  }

  /**
   * Removes a receiver: its row and its log stay, what it still had to get is cancelled.
   * @throws Problem `not_found`
   */
  async remove(by: Author, id: string): Promise<void> {
    await this.#update(
      by,
      id,
      "receiver.delete",
      () => ({ enabled: false, disabledReason: null, deletedAt: this.#clock.now() }),
      // After the row: who makes deliveries for it holds the row, so none can slip in behind.
      (tx) => cancelDeliveries(tx, id),
    );
  }

  /** Every receiver that is not removed, disabled ones too: of one organisation, or of all. */
  async load(reader: Reader, organisationId?: number): Promise<Receiver[]> {
    const receivers: Receiver[] = [];
    for (let after = ""; ;) {
      const page = { after, limit: LOADED_AT_ONCE };
      const rows = await (organisationId === undefined
        ? reader.run(liveReceivers, page)
        : reader.run(liveReceiversOf, { organisationId, ...page }));
      for (const row of rows) receivers.push(this.#codec.open(row));
      const last = rows.at(-1);
      if (!last || rows.length < LOADED_AT_ONCE) return receivers;
      after = last.id;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** A removed one too, `deletedAt` says so. */
  async byId(reader: Reader, id: string): Promise<Receiver | undefined> {
    const [row] = await reader.run(receiverById, { id });
    return row && this.#codec.open(row);
  }

  /** Whether it may be sent to, which then stays so until the transaction ends. @throws Problem `not_found` */
  async hold(tx: Transaction, organisationId: number, id: string): Promise<Standing> {
    const [row] = await tx.run(holdReceiver, { id, organisationId });
    if (!row) throw notFound(id);
    if (row.deletedAt !== null) return "deleted";
    return row.enabled ? "enabled" : "disabled";
  }

  async #find(reader: Reader, organisationId: number, id: string, deleted = false): Promise<ReceiverRow> {
    if (!ID.test(id)) throw notFound(id);
    const [row] = await reader.run(receiverById, { id });
    if (!row || row.organisationId !== organisationId || (row.deletedAt !== null && !deleted))
      throw notFound(id);
    return row;
  }

  /** @param change  what is to change of the row as it is; nothing: it stays untouched */
  #update(
    by: Author,
    id: string,
    action: string,
    change: (row: ReceiverRow, tx: Transaction) => Partial<ReceiverRow> | Promise<Partial<ReceiverRow>>,
    then?: (tx: Transaction) => Promise<unknown>,
  ): Promise<ShownReceiver> {
    return this.#store.write(async (tx) => {
      const row = await this.#find(tx, by.organisationId, id);
      const columns = await change(row, tx);
      if (Object.keys(columns).length === 0) return this.#codec.show(row);
      // It is the row's version too, so it grows whatever the clock does.
      const next = { ...columns, modifiedAt: Math.max(this.#clock.now(), row.modifiedAt + 1) };
      const [updated] = await tx.query(updateReceiver(row, next));
      if (!updated) throw new WriteConflict();
      await then?.(tx);
      this.#changed(tx, row);
      this.#record(tx, by, id, action, detailOf(action, columns));
      return this.#codec.show({ ...row, ...next });
    });
  }

  #account(organisationId: number, given: string): Promise<AccountRights> {
    return this.#store.read((reader) => accountOf(this.#accounts, reader, organisationId, given));
  }

  #record(tx: Transaction, by: Author, id: string, action: string, detail: Record<string, unknown>): void {
    this.#audit.record(tx, by, { action, outcome: "success", target: `receiver:${id}`, detail });
  }

  #changed(tx: Transaction, { organisationId, id }: ReceiverRow): void {
    tx.defer(this.#stage, { organisationId, id });
    tx.announce({ kind: "receivers", id });
  }

  readonly #stage: Stage<{ organisationId: number; id: string }> = {
    apply: async () => {},
    committed: (items) => {
      const byOrganisation = Map.groupBy(items, ({ organisationId }) => organisationId);
      for (const [organisationId, changed] of byOrganisation) {
        const ids = [...new Set(changed.map(({ id }) => id))];
        for (const listener of this.#listeners) listener(organisationId, ids);
      }
    },
  };
}

/** What the audit log is told: which settings, and of none what it is now, but where it sends to. */
function detailOf(action: string, columns: Partial<ReceiverRow>): Record<string, unknown> {
  const { url, disabledReason, accountId } = columns;
  if (action !== "receiver.change") return disabledReason ? { reason: disabledReason } : {};
  const changed = Object.keys(columns).filter((name) => name !== "disabledReason" && name !== "accountId");
  return {
    changed: accountId === undefined ? changed : [...changed, "account_id"],
    ...(url !== undefined && { host: hostOf(url) }),
    ...(accountId !== undefined && { account_id: accountId }),
  };
}

/** The rest of a URL may be a secret. */
function hostOf(url: string): string {
  return new URL(url).host;
}

function notFound(id: string): Problem {
  return new Problem("not_found", `There is no receiver ${id}.`);
}
