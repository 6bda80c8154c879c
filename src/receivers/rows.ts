/** How receivers are found and changed: in one write with the audit log and the feed, and told to who keeps them. */
import type { Author } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { Problem } from "../problem.ts";
import { type Reader, type Stage, type Store, type Transaction, WriteConflict } from "../store/store.ts";
import type { ReceiverCodec, ShownReceiver } from "./codec.ts";
import { insertReceiver, receiverById, type ReceiverRow, updateReceiver } from "./queries.ts";
import type { ReceiversChanged } from "./receiver.ts";
import { tidied } from "./rotation.ts";

/** Nothing else is looked up: PostgreSQL takes an id with a NUL in it for an error. */
export const RECEIVER_ID = /^[0-9a-f-]{36}$/;

/** What is to change of a row as it is; nothing: it stays untouched. It may run again. */
type Change = (row: ReceiverRow, tx: Transaction) => Partial<ReceiverRow> | Promise<Partial<ReceiverRow>>;

export interface ReceiverRowsCollaborators {
  store: Store;
  feed: ChangeFeed;
  clock: Clock;
  audit: AuditLog;
  codec: ReceiverCodec;
}

export class ReceiverRows {
  readonly #o: ReceiverRowsCollaborators;
  readonly #listeners = new Set<ReceiversChanged>();

  constructor(collaborators: ReceiverRowsCollaborators) {
    this.#o = collaborators;
  }

  /** Calls `listener` when receivers were made, changed or removed in this process; returns what ends that. */
  onChanged(listener: ReceiversChanged): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws Problem `not_found`; a removed one is found where `deleted` asks for it */
  async find(reader: Reader, organisationId: number, id: string, deleted = false): Promise<ReceiverRow> {
    if (!RECEIVER_ID.test(id)) throw notFound(id);
    const [row] = await reader.run(receiverById, { id });
    if (!row || row.organisationId !== organisationId || (row.deletedAt !== null && !deleted))
      throw notFound(id);
    return row;
  }

  /** Writes a new one. */
  async insert(tx: Transaction, by: Author, row: ReceiverRow): Promise<void> {
    const { id, name, topics, accountId, url } = row;
    await tx.query(insertReceiver(row));
    this.#changed(tx, row);
    this.record(tx, by, id, "receiver.create", { name, topics, account_id: accountId, host: hostOf(url) });
  }

  /**
   * @param action  as the audit log has it
   * @param then  what else belongs to it, after the row
   * @throws Problem `not_found`, what `change` throws
   */
  update(
    by: Author,
    id: string,
    action: string,
    change: Change,
    then?: (tx: Transaction) => Promise<unknown>,
  ): Promise<ShownReceiver> {
    const { store, codec } = this.#o;
    return store.write(async (tx) => {
      const row = await this.find(tx, by.organisationId, id);
      const columns = await change(row, tx);
      if (Object.keys(columns).length === 0) return codec.show(row);
      return codec.show(await this.apply(tx, by, row, action, columns, then));
    });
  }

  /** The same of a row that was read in this write, with the columns that change. @returns it as it is then */
  async apply(
    tx: Transaction,
    by: Author,
    row: ReceiverRow,
    action: string,
    columns: Partial<ReceiverRow>,
    then?: (tx: Transaction) => Promise<unknown>,
  ): Promise<ReceiverRow> {
    const { clock, codec, feed } = this.#o;
    const now = clock.now();
    // It is the row's version too, so it grows whatever the clock does.
    const modifiedAt = Math.max(now, row.modifiedAt + 1);
    const next = { ...tidied(codec, row, now), ...columns, modifiedAt };
    const [updated] = await tx.query(updateReceiver(row, next));
    if (!updated) throw new WriteConflict();
    await then?.(tx);
    this.#changed(tx, row);
    this.record(tx, by, row.id, action, detailOf(action, columns));
    if (columns.enabled === false && row.enabled && columns.deletedAt === undefined) {
      feed.recordOwn(tx, by, { topic: "Receivers.Disable", action: "disable", key: row.id, at: now });
    }
    return { ...row, ...next };
  }

  /** The columns of a row that is switched on or off; none where it is so already. */
  async switched(
    tx: Transaction,
    row: ReceiverRow,
    enabled: boolean,
    disabledReason: string | null = null,
  ): Promise<Partial<ReceiverRow>> {
    const { clock, feed } = this.#o;
    if (enabled === row.enabled) return {};
    if (!enabled) return { enabled, disabledReason, disabledAt: clock.now() };
    const passed = row.whileDisabled === "drop" && { cursor: await feed.head(tx, row.organisationId) };
    // It begins anew: what failed before it was switched off is not held against it.
    return { enabled, disabledReason, disabledAt: null, failingSince: null, warned: 0, ...passed };
  }

  /** Tells the audit log. */
  record(
    tx: Transaction,
    by: Author,
    id: string,
    action: string,
    detail: Record<string, unknown> = {},
  ): void {
    this.#o.audit.record(tx, by, { action, outcome: "success", target: `receiver:${id}`, detail });
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

/** Columns that change with others. */
const CONSEQUENCES = new Set([
  ...["disabledReason", "disabledAt", "failingSince", "warned", "cursor", "provisioned", "secretProvisioned"],
]);

/** What the audit log is told: which settings, and of none what it is now, but where it sends to. */
function detailOf(action: string, columns: Partial<ReceiverRow>): Record<string, unknown> {
  const { url, disabledReason, accountId } = columns;
  if (action !== "receiver.change") return disabledReason ? { reason: disabledReason } : {};
  const changed = Object.keys(columns)
    .filter((name) => !CONSEQUENCES.has(name))
    .map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  return {
    changed,
    ...(url !== undefined && { host: hostOf(url) }),
    ...(accountId !== undefined && { account_id: accountId }),
  };
}

/** The rest of a URL may be a secret. */
function hostOf(url: string): string {
  return new URL(url).host;
}

export function notFound(id: string): Problem {
  return new Problem("not_found", `There is no receiver ${id}.`);
}
