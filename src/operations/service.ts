/**
 * Operations: started in the transaction of whoever asks, run by one process at a time, never silently lost. A restart
 * goes on where the last committed step ended; what cannot go on ends as ERROR with the reason.
 */
import { type Author, server } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Clock } from "../clock.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import { Problem } from "../problem.ts";
import type { Reader, Stage, Store, Transaction } from "../store/store.ts";
import { OperationNews } from "./news.ts";
import {
  type NewOperation,
  type OperationKind,
  type OperationOutcome,
  type OperationRow,
  showOperation,
  type ShownOperation,
} from "./operation.ts";
import {
  finishOperation,
  insertOperation,
  operationById,
  type OperationFilter,
  operationPage,
  updateOperation,
} from "./queries.ts";

const ID = /^[0-9a-f-]{36}$/;
/** Beyond every id. */
const LAST_ID = "~";

/** Whose operations may be seen: everybody's, or those of one submitter alone. */
export type Sight = "all" | { submittedBy: string };

export interface OperationCollaborators {
  store: Store;
  clock: Clock;
  audit: AuditLog;
  /** Called in the transaction that ends an operation: for those who want to hear of it. */
  finished?: (tx: Transaction, row: OperationRow) => void;
}

export class OperationService {
  readonly #o: OperationCollaborators;
  readonly #kinds = new Map<string, OperationKind>();
  /** For those who follow one. */
  readonly news = new OperationNews();
  #changed = (_cancelled?: string): void => {};

  constructor(collaborators: OperationCollaborators) {
    this.#o = collaborators;
  }

  /** Makes a kind known. Of an operation whose kind nobody makes known, the run ends as ERROR. */
  kind(name: string, kind: OperationKind): void {
    this.#kinds.set(name, kind);
  }

  kindOf(name: string): OperationKind | undefined {
    return this.#kinds.get(name);
  }

  /** Calls `listener` when operations have been started in this process, or one was cancelled (its id); there is one. */
  onChanged(listener: (id?: string) => void): void {
    this.#changed = listener;
  }

  /**
   * Starts an operation in the caller's transaction: it begins when that has committed.
   * @throws Error for a kind that is not known
   */
  async start(tx: Transaction, by: Author, operation: NewOperation): Promise<ShownOperation> {
    const { id = Bun.randomUUIDv7(), kind, input } = operation;
    const { resourceType = null, resourceName = null, total = null } = operation;
    if (!this.#kinds.has(kind)) throw new Error(`there is no kind of operation ${kind}`);
    const now = this.#o.clock.now();
    const message = "It is in progress.";
    const row = {
      ...{ id, organisationId: by.organisationId, kind, input, status: "IN_PROGRESS" as const, message },
      ...{ total, resourceType, resourceName, submittedAt: now, submittedBy: by.subject },
    };
    await tx.run(insertOperation, { ...row, input: JSON.stringify(input) });
    this.#o.audit.record(tx, by, {
      ...{ action: "operation.start", outcome: "success", target: `operation:${row.id}` },
      detail: { kind, ...(resourceName !== null && { [resourceType ?? "resource"]: resourceName }) },
    });
    tx.announce({ kind: "operations" });
    tx.defer(this.#started, undefined);
    return showOperation({ ...row, done: 0, lastUpdatedAt: now, completedAt: null, result: null });
  }

  readonly #started: Stage<undefined> = { apply: async () => {}, committed: () => this.#changed() };
  readonly #cancelled: Stage<string> = {
    apply: async () => {},
    committed: (ids) => {
      for (const id of ids) this.#changed(id);
    },
  };

  /**
   * Ends an operation: with its row go an event of the audit log and news for those who follow it.
   * @param run  the run that has it (null: it waits), and how far it has come
   * @returns false when it is not that run's, or has ended already
   */
  async finish(
    tx: Transaction,
    run: { id: string; runner: string | null; done: number; total: number | null },
    { status, message, result }: OperationOutcome & { status: "SUCCESS" | "ERROR" },
  ): Promise<boolean> {
    const at = this.#o.clock.now();
    const { id, runner, done, total } = run;
    const [ended] =
      runner === null
        ? await tx.query(
            updateOperation(id, null, {
              status,
              message,
              result: result ?? null,
              completedAt: at,
              lastUpdatedAt: at,
            }),
          )
        : await tx.run(finishOperation, {
            ...{ id, runner, status, message, done, total, at },
            result: result === undefined ? null : JSON.stringify(result),
          });
    if (!ended) return false;
    this.#o.audit.record(tx, server(ended.organisationId), {
      ...{ action: "operation.finish", outcome: "success", target: `operation:${ended.id}` },
      detail: { kind: ended.kind, status, ...(status === "ERROR" && { message }) },
    });
    await this.kindOf(ended.kind)?.ended?.(tx, ended);
    this.#o.finished?.(tx, ended);
    // Another node may have waited for the room that there is now.
    tx.announce({ kind: "operations" });
    tx.defer(this.news.stage, ended.id);
    return true;
  }

  /**
   * Ends one that waits, and tells one that runs to end, which takes a moment.
   * @throws Problem `not_found`, also for one beyond the caller's sight; `conflict` where it has ended already, or may
   *   not be cancelled while it runs
   */
  cancel(by: Author, id: string, sight: Sight): Promise<ShownOperation> {
    const { store, clock, audit } = this.#o;
    return store.write(async (tx) => {
      const row = await this.#find(tx, by.organisationId, id, sight);
      const { kind, runner, status, message } = row;
      if (status !== "IN_PROGRESS") throw new Problem("conflict", `The operation has ended: ${message}`);
      const who = by.subject ?? "somebody";
      if (runner === null) {
        const outcome = {
          status: "ERROR",
          message: `It was cancelled by ${who}.`,
          result: { cancelled: true },
        } as const;
        await this.finish(tx, { id, runner, done: row.done, total: row.total }, outcome);
      } else {
        if (this.kindOf(kind)?.cancellable === false) {
          throw new Problem("conflict", `An operation ${kind} cannot be cancelled once it has begun.`);
        }
        const columns = {
          cancelledBy: who,
          message: `It is being cancelled by ${who}.`,
          lastUpdatedAt: clock.now(),
        };
        await tx.query(updateOperation(id, runner, columns));
        tx.announce({ kind: "operations", cancelled: id });
        tx.defer(this.#cancelled, id);
        tx.defer(this.news.stage, id);
      }
      audit.record(tx, by, {
        ...{ action: "operation.cancel", outcome: "success", target: `operation:${id}` },
        detail: { kind },
      });
      return showOperation(await this.#find(tx, by.organisationId, id, sight));
    });
  }

  async #find(reader: Reader, organisationId: number, id: string, sight: Sight): Promise<OperationRow> {
    const [row] = ID.test(id) ? await reader.run(operationById, { id, organisationId }) : [];
    if (!row || (sight !== "all" && row.submittedBy !== sight.submittedBy)) {
      throw new Problem("not_found", `There is no operation ${id.slice(0, 100)}.`);
    }
    return row;
  }

  /** @throws Problem `not_found`, also for one that is beyond the caller's sight */
  async get(organisationId: number, id: string, sight: Sight): Promise<ShownOperation> {
    return showOperation(await this.#o.store.read((reader) => this.#find(reader, organisationId, id, sight)));
  }

  /** As {@link get}, with what is not shown. */
  row(organisationId: number, id: string, sight: Sight): Promise<OperationRow> {
    return this.#o.store.read((reader) => this.#find(reader, organisationId, id, sight));
  }

  /** Newest first. */
  async list(
    organisationId: number,
    sight: Sight,
    { limit, cursor, ...filter }: { limit: number; cursor?: string | undefined } & OperationFilter,
  ): Promise<Page<ShownOperation>> {
    const list = JSON.stringify(["operations", filter]);
    const before = cursor === undefined ? LAST_ID : decodeIdCursor(list, cursor, ID);
    const none = { items: [], next_cursor: null };
    if (sight !== "all" && ![undefined, sight.submittedBy].includes(filter.submittedBy)) return none;
    const seen = sight === "all" ? filter : { ...filter, ...sight };
    const rows = await this.#o.store.read((reader) =>
      reader.query(operationPage({ organisationId, before, limit: limit + 1 }, seen)),
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(showOperation),
      next_cursor: rows.length > limit && last ? encodeCursor(list, [last.id]) : null,
    };
  }
}
