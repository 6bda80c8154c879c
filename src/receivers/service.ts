/** The rules of receivers: who may be sent what, and what happens when one changes. Knows nothing of HTTP. */
import type { AccountRights, AccountService } from "../accounts/service.ts";
import { type Author, server } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { TopicCatalogue } from "../changes/topics.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import { cancelDeliveries } from "../deliveries/cancel.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { foundPage } from "../http/list-search.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import { isoTime } from "../http/query.ts";
import { Problem } from "../problem.ts";
import { notKept, refuseKept, refuseKeptSecret } from "../provision/kept.ts";
import type { SecretBox } from "../secrets/seal.ts";
import type { Also, Reader, Store, Transaction } from "../store/store.ts";
import { accountOf } from "./account.ts";
import { ReceiverCodec, type ShownReceiver } from "./codec.ts";
import { Delivering, type ShownHealth, type ShownTest } from "./delivering.ts";
import { parseNewReceiver, parseReceiverPatch, type ReceiverRules } from "./input.ts";
import { ReceiverKeeper } from "./keeper.ts";
import { inForce, keyOfSeed, publicKeyOf } from "./keys.ts";
import {
  holdReceiver,
  liveReceivers,
  liveReceiversOf,
  receiverById,
  type ReceiverRow,
  receiverIdsOfAccount,
  receiversByIds,
  receiversOf,
  receiversOfAccount,
  receiverTexts,
} from "./queries.ts";
import type { Receiver, ReceiversChanged } from "./receiver.ts";
import { parseRotation, rotate } from "./rotation.ts";
import { notFound, RECEIVER_ID, ReceiverRows } from "./rows.ts";
import type { Reachable } from "./url.ts";

export type { ShownReceiver } from "./codec.ts";

/** The answer to its creation, the only one that has its secret. */
export type CreatedReceiver = ShownReceiver & { secret: string };

/** The answer to a rotation, the only one that has the new secret. */
export type RotatedReceiver = CreatedReceiver & {
  /** Until when the secret before signs on; null: it has ended. */
  previous_until: string | null;
};

/** One receiver, as it is shown by itself. */
export type DetailedReceiver = ShownReceiver & { health: ShownHealth | null };

/** `whpk_...` and PEM of the newest key, and of all that are in force. */
export interface ShownPublicKeys {
  key: string;
  pem: string;
  keys: { key: string; pem: string }[];
}

/** Whether a receiver may be sent to. */
export type Standing = "enabled" | "disabled" | "deleted";

/** Whether somebody may direct what an account is allowed to see; throws when not. */
export type MayUse = (account: AccountRights) => void;

/** Whether somebody may switch, remove, test, or give a new secret to, a receiver of that account; throws when not. */
export type MayManage = (accountId: string) => void;

const everybody = (): void => {};

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
  vocabulary: GrantVocabulary;
  webhooks: Pick<Config["webhooks"], "bundle" | "retrySchedules">;
  guard: Reachable;
}

export class ReceiverService {
  /** What the pipeline does for one of them. */
  readonly delivering: Delivering;
  /** For those that koppla.yaml keeps. */
  readonly keeper: ReceiverKeeper;
  readonly #store: Store;
  readonly #feed: ChangeFeed;
  readonly #clock: Clock;
  readonly #accounts: AccountService;
  readonly #rules: ReceiverRules;
  readonly #codec: ReceiverCodec;
  readonly #rows: ReceiverRows;

  constructor(collaborators: ReceiverCollaborators) {
    const { store, feed, clock, box, accounts, audit, topics, vocabulary, webhooks, guard } = collaborators;
    this.#store = store;
    this.#feed = feed;
    this.#clock = clock;
    this.#accounts = accounts;
    this.#rules = { topics, vocabulary, webhooks, guard };
    this.delivering = new Delivering(clock);
    this.#codec = new ReceiverCodec(box, webhooks);
    this.#rows = new ReceiverRows({ store, feed, clock, audit, codec: this.#codec });
    this.keeper = new ReceiverKeeper({ rows: this.#rows, codec: this.#codec, feed, clock });
  }

  /** Calls `listener` when receivers were made, changed or removed in this process; returns what ends that. */
  onChanged(listener: ReceiversChanged): () => void {
    return this.#rows.onChanged(listener);
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
    mayUse: MayUse = everybody,
    also?: Also<CreatedReceiver> | undefined,
  ): Promise<CreatedReceiver> {
    const { organisationId } = by;
    const given = parseNewReceiver(body, this.#rules, account);
    const rights = await this.#account(organisationId, given.account);
    mayUse(rights);
    const accountId = rights.id;
    const id = Bun.randomUUIDv7();
    const { account: _, auth, secret, signature, tls, start, ...columns } = given;
    return await this.#store.write(async (tx) => {
      const at = this.#clock.now();
      const row: ReceiverRow = {
        ...columns,
        ...{ id, organisationId, accountId },
        auth: this.#codec.sealAuth(id, auth),
        secret: this.#codec.sealSecrets(id, [{ value: secret, until: null }]),
        ...{ signingKey: null, tls: null, ...this.#codec.sealed(id, { signature, tls }) },
        disabledReason: null,
        disabledAt: given.enabled ? null : at,
        ...{ failingSince: null, warned: 0 },
        cursor: start === "now" ? await this.#feed.head(tx, organisationId) : 0,
        createdAt: at,
        modifiedAt: at,
        deletedAt: null,
        ...notKept,
      };
      await this.#rows.insert(tx, by, row);
      const created = { ...this.#codec.show(row), secret };
      await also?.(tx, created);
      return created;
    });
  }

  /**
   * In order of creation.
   * @param query.deleted  with those that were removed
   * @param query.account  only that one's
   * @param query.search  only those that it finds: `http/list-search.ts`
   */
  async list(
    organisationId: number,
    query: { limit: number; cursor?: string; deleted?: boolean; account?: string; search?: string },
  ): Promise<Page<ShownReceiver>> {
    const { limit, cursor, deleted = false, account, search } = query;
    const list = deleted ? "receivers with deleted" : "receivers";
    if (search !== undefined) {
      return await foundPage(
        list,
        { search, limit, cursor },
        {
          id: RECEIVER_ID,
          next: (after, size) =>
            this.#store.read((reader) => reader.run(receiverTexts, { organisationId, after, limit: size })),
          texts: ({ id, name, url, description, deletedAt, accountId }) =>
            (deleted || deletedAt === null) && (account === undefined || account === accountId)
              ? [name, url, description, id]
              : undefined,
          show: async (ids) => {
            const rows = await this.#store.read((reader) => reader.query(receiversByIds(ids)));
            return rows.map((row) => this.#codec.show(row));
          },
        },
      );
    }
    const after = cursor === undefined ? "" : decodeIdCursor(list, cursor, RECEIVER_ID);
    const page = { organisationId, after, limit: limit + 1 };
    const rows = await this.#store.read((reader) =>
      account === undefined
        ? reader.run(deleted ? receiversOf : liveReceiversOf, page)
        : reader.run(receiversOfAccount, { ...page, accountId: account, deleted: deleted ? 1 : 0 }),
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map((row) => this.#codec.show(row)),
      next_cursor: rows.length > limit && last ? encodeCursor(list, [last.id]) : null,
    };
  }

  /**
   * @throws Problem `not_found`; a removed one is found where `deleted` asks for it, and where `account` is given, no
   *   other's
   */
  get(
    organisationId: number,
    id: string,
    { deleted = false, account }: { deleted?: boolean; account?: string } = {},
  ): Promise<ShownReceiver> {
    return this.#store.read(async (reader) => {
      const row = await this.#rows.find(reader, organisationId, id, deleted);
      if (account !== undefined && row.accountId !== account) throw notFound(id);
      return this.#codec.show(row);
    });
  }

  /** The ids of an account's receivers, removed ones too. */
  async idsOf(organisationId: number, accountId: string): Promise<string[]> {
    const rows = await this.#store.read((reader) =>
      reader.run(receiverIdsOfAccount, { organisationId, accountId }),
    );
    return rows.map(({ id }) => id);
  }

  /** Whose a receiver is, for the shell; a removed one, too. @throws Problem `not_found` */
  async organisationOf(id: string): Promise<number> {
    const [row] = RECEIVER_ID.test(id)
      ? await this.#store.read((reader) => reader.run(receiverById, { id }))
      : [];
    if (!row) throw notFound(id);
    return row.organisationId;
  }

  /** Changes what `body` has and nothing else. @throws Problem `not_found`, `invalid`, what `mayUse` throws */
  async patch(by: Author, id: string, body: unknown, mayUse: MayUse = everybody): Promise<ShownReceiver> {
    const { organisationId } = by;
    // Read once more in the transaction: another patch may lie between.
    const seen = await this.#store.read((reader) => this.#rows.find(reader, organisationId, id));
    const { account } = parseReceiverPatch(body, seen, this.#rules);
    const next = account === undefined ? undefined : await this.#account(organisationId, account);
    if (next) mayUse(next);
    return await this.#rows.update(by, id, "receiver.change", async (row, tx) => {
      const now = await this.#accounts.rights(tx, row.accountId);
      if (now) mayUse(now);
      refuseKept(row);
      const parsed = parseReceiverPatch(body, row, this.#rules);
      return {
        ...this.#codec.columns(row, parsed),
        ...(next && { accountId: next.id }),
        ...(parsed.enabled !== undefined && (await this.#rows.switched(tx, row, parsed.enabled))),
      };
    });
  }

  /** What came meanwhile is sent to it, or passed, as its `while_disabled` says. @throws Problem `not_found` */
  enable(by: Author, id: string, mayManage: MayManage = everybody): Promise<ShownReceiver> {
    return this.#rows.update(by, id, "receiver.enable", (row, tx) => {
      mayManage(row.accountId);
      // What the program itself has switched off, koppla.yaml knows nothing of.
      if (row.disabledReason === null) refuseKept(row);
      return this.#rows.switched(tx, row, true);
    });
  }

  /** Nothing is sent to it until it is enabled; its changes go on merging. @throws Problem `not_found` */
  disable(by: Author, id: string, mayManage: MayManage = everybody): Promise<ShownReceiver> {
    return this.#rows.update(by, id, "receiver.disable", (row, tx) => {
      mayManage(row.accountId);
      refuseKept(row);
      return this.#rows.switched(tx, row, false);
    });
  }

  /** As {@link disable}, by the program itself. @param reason  what its owner is told: one sentence */
  async disableByServer(id: string, reason: string): Promise<void> {
    const [row] = await this.#store.read((reader) => reader.run(receiverById, { id }));
    if (!row || row.deletedAt !== null) return;
    await this.#rows.update(server(row.organisationId), id, "receiver.disable", (now, tx) =>
      this.#rows.switched(tx, now, false, reason),
    );
  }

  /**
   * Gives a receiver a new secret, and a new ed25519 key where that is asked for.
   * @param body  as it was sent; see `rotation.ts`
   * @throws Problem `not_found`, `invalid`, `conflict` when too many are in force, what `mayManage` throws
   */
  async rotateSecret(
    by: Author,
    id: string,
    body: unknown,
    mayManage: MayManage = everybody,
  ): Promise<RotatedReceiver> {
    const rotation = parseRotation(body);
    let until: number | null = null;
    const shown = await this.#rows.update(by, id, "receiver.rotate_secret", (row) => {
      mayManage(row.accountId);
      refuseKeptSecret(row);
      const { columns, previousUntil } = rotate(this.#codec, row, rotation, this.#clock.now());
      until = previousUntil;
      return columns;
    });
    const { secret } = rotation;
    return { ...shown, secret, previous_until: until === null ? null : isoTime(until) };
  }

  /**
   * Sends a receiver a test, also where it is disabled.
   * @param organisation  the code of the author's
   * @throws Problem `not_found`, `conflict` for one that is removed, what `mayManage` throws
   */
  async test(
    by: Author,
    id: string,
    told: { publicUrl: string; organisation: string },
    mayManage: MayManage = everybody,
  ): Promise<ShownTest> {
    await this.#store.write(async (tx) => {
      const row = await this.#rows.find(tx, by.organisationId, id, true);
      mayManage(row.accountId);
      if (row.deletedAt !== null) throw new Problem("conflict", `The receiver ${id} is removed.`);
      this.#rows.record(tx, by, id, "receiver.test");
    });
    return await this.delivering.test(id, told);
  }

  /** As {@link get}, with how it fares. @throws Problem `not_found` */
  async detail(
    organisationId: number,
    id: string,
    options: { deleted?: boolean } = {},
  ): Promise<DetailedReceiver> {
    const shown = await this.get(organisationId, id, options);
    return { ...shown, health: await this.delivering.health({ id, accountId: shown.account_id }) };
  }

  /**
   * The public halves of the ed25519 keys that a receiver's requests are signed with, newest first.
   * @throws Problem `not_found`, also where it signs with none
   */
  async publicKeys(organisationId: number, id: string): Promise<ShownPublicKeys> {
    const row = await this.#store.read((reader) => this.#rows.find(reader, organisationId, id));
    const keys = inForce(this.#codec.openSeeds(row), this.#clock.now()).map((seed) =>
      publicKeyOf(keyOfSeed(seed)),
    );
    const [newest] = keys;
    if (!newest) throw new Problem("not_found", `The receiver ${id} does not sign with ed25519.`);
    return { ...newest, keys };
  }

  /**
   * Removes a receiver: its row and its log stay, what it still had to get is cancelled.
   * @throws Problem `not_found`
   */
  async remove(by: Author, id: string, mayManage: MayManage = everybody): Promise<void> {
    await this.#rows.update(
      by,
      id,
      "receiver.delete",
      (row) => {
        const { accountId, enabled, disabledAt } = row;
        mayManage(accountId);
        refuseKept(row);
        const now = this.#clock.now();
        const off = { enabled: false, disabledReason: null, disabledAt: enabled ? now : disabledAt };
        return { ...off, deletedAt: now };
      },
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

  #account(organisationId: number, given: string): Promise<AccountRights> {
    return this.#store.read((reader) => accountOf(this.#accounts, reader, organisationId, given));
  }
}
