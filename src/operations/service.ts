/**
 * Operations: started in the transaction of whoever asks, run by one process at a time, never silently lost. A restart
 * goes on where the last committed step ended; what cannot go on ends as ERROR with the reason.
 */
import type { Author } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Clock } from "../clock.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import { Problem } from "../problem.ts";
import type { Stage, Store, Transaction } from "../store/store.ts";
import {
  type NewOperation,
  type OperationKind,
  type OperationRow,
  showOperation,
  type ShownOperation,
} from "./operation.ts";
import { insertOperation, operationById, operationsBy, operationsOf } from "./queries.ts";

const ID = /^[0-9a-f-]{36}$/;
/** Beyond every id. */
const LAST_ID = "~";

/** Whose operations may be seen: everybody's, or those of one submitter alone. */
export type Sight = "all" | { submittedBy: string };

export class OperationService {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #audit: AuditLog;
  readonly #kinds = new Map<string, OperationKind>();
  #started = (): void => {};

  constructor({ store, clock, audit }: { store: Store; clock: Clock; audit: AuditLog }) {
    this.#store = store;
    this.#clock = clock;
    this.#audit = audit;
  }

  /** Makes a kind known. Of an operation whose kind nobody makes known, the run ends as ERROR. */
  kind(name: string, kind: OperationKind): void {
    this.#kinds.set(name, kind);
  }

  kindOf(name: string): OperationKind | undefined {
    return this.#kinds.get(name);
  }

  /** Calls `listener` when operations have been started in this process; there is one. */
  onStarted(listener: () => void): void {
    this.#started = listener;
  }

  /**
   * Starts an operation in the caller's transaction: it begins when that has committed.
   * @throws Error for a kind that is not known
   */
  async start(tx: Transaction, by: Author, operation: NewOperation): Promise<ShownOperation> {
    const { kind, input, resourceType = null, resourceName = null, total = null } = operation;
    if (!this.#kinds.has(kind)) throw new Error(`there is no kind of operation ${kind}`);
    const now = this.#clock.now();
    const row: OperationRow = {
      ...{ id: Bun.randomUUIDv7(), organisationId: by.organisationId, kind, input },
      ...{ status: "IN_PROGRESS", message: "It is in progress.", done: 0, total },
      ...{ resourceType, resourceName, submittedAt: now, submittedBy: by.subject },
      ...{ lastUpdatedAt: now, completedAt: null, position: {}, result: null },
      ...{ runner: null, leaseUntil: 0 },
    };
    await tx.query(insertOperation(row));
    this.#audit.record(tx, by, {
      ...{ action: "operation.start", outcome: "success", target: `operation:${row.id}` },
      detail: { kind, ...(resourceName !== null && { [resourceType ?? "resource"]: resourceName }) },
    });
    tx.defer(this.#stage, undefined);
    return showOperation(row);
  }

  /** @throws Problem `not_found`, also for one that is beyond the caller's sight */
  async get(organisationId: number, id: string, sight: Sight): Promise<ShownOperation> {
    const [row] = ID.test(id)
      ? await this.#store.read((reader) => reader.run(operationById, { id, organisationId }))
      : [];
    if (!row || (sight !== "all" && row.submittedBy !== sight.submittedBy)) {
      throw new Problem("not_found", `There is no operation ${id}.`);
    }
    return showOperation(row);
  }

  /** Newest first. */
  async list(
    organisationId: number,
    sight: Sight,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<Page<ShownOperation>> {
    const list = "operations";
    const before = cursor === undefined ? LAST_ID : decodeIdCursor(list, cursor, ID);
    const page = { organisationId, before, limit: limit + 1 };
    const rows = await this.#store.read((reader) =>
      sight === "all"
        ? reader.run(operationsOf, page)
        : reader.run(operationsBy, { ...page, submittedBy: sight.submittedBy }),
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(showOperation),
      next_cursor: rows.length > limit && last ? encodeCursor(list, [last.id]) : null,
    };
  }

  readonly #stage: Stage<undefined> = { apply: async () => {}, committed: () => this.#started() };
}
