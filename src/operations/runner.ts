/**
 * Runs operations: a few at a time, each by one process, which says so by a lease in the row that it renews while it
 * works. It sleeps until one is started or a lease of a process that is gone has ended.
 *
 * Each run has a name of its own, and all that it writes is written only while the row bears it. So a process that was
 * asleep while another took over cannot write into its work.
 */
import { server } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { Problem } from "../problem.ts";
import type { Store, Transaction } from "../store/store.ts";
import {
  type Json,
  type OperationContext,
  type OperationOutcome,
  type OperationRow,
  OperationTaken,
} from "./operation.ts";
import {
  claimOperation,
  holdOperation,
  nextOpen,
  releaseOperation,
  releaseOperations,
  updateOperation,
} from "./queries.ts";
import type { OperationService } from "./service.ts";

export interface RunnerOptions {
  store: Store;
  clock: Clock;
  log: Pick<Logger, "error">;
  audit: AuditLog;
  operations: OperationService;
  /** Called in the transaction that ends an operation: for those who want to hear of it. */
  finished?: (tx: Transaction, row: OperationRow) => void;
}

/** Operations under way at once in one process. */
const AT_ONCE = 4;
/** Milliseconds. A run that says nothing for so long is taken for dead. */
const LEASE = 30_000;
const RENEW = LEASE / 3;
/** On a database that others may run operations of as well: how often to look for what one that is gone has left. */
const TAKE_OVER = 60_000;
/** After a look that failed (database away). */
const RETRY_LOOK = 5_000;

interface Run {
  row: OperationRow;
  runner: string;
  abort: AbortController;
}

export class OperationRunner {
  readonly #o: RunnerOptions;
  readonly #runs = new Map<Run, Promise<void>>();
  #looking: Promise<void> | undefined;
  /** Something was started while it looked. */
  #again = false;
  #stopping = false;
  #cancel = (): void => {};

  constructor(options: RunnerOptions) {
    this.#o = options;
  }

  /** Takes up what an earlier process left, and from then on whatever is started, until {@link stop}. */
  async start(): Promise<void> {
    const { store, operations } = this.#o;
    // On SQLite this is the only process that runs any; elsewhere the lease tells whether another one does.
    if (store.dialect === "sqlite") await store.write((tx) => tx.run(releaseOperations, {}));
    operations.onStarted(() => this.nudge());
    store.subscribe(({ kind }) => kind === "all" && this.nudge());
    this.nudge();
  }

  /** Begins nothing more, tells those under way to end, and leaves them for the next process. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancel();
    for (const { abort } of this.#runs.keys()) abort.abort();
    await this.#looking;
    await Promise.all(this.#runs.values());
  }

  /** Looks whether there is something to run. */
  nudge(): void {
    if (this.#stopping) return;
    if (this.#looking) this.#again = true;
    else {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.nudge();
      });
    }
  }

  async #look(): Promise<void> {
    const { store, clock, log } = this.#o;
    let wait: number | undefined = RETRY_LOOK;
    try {
      for (;;) {
        wait = await this.#untilNext();
        // A place that becomes free looks again.
        if (wait === undefined || wait > 0 || this.#stopping || this.#runs.size >= AT_ONCE) break;
        const runner = Bun.randomUUIDv7();
        const now = clock.now();
        const [row] = await store.write((tx) => tx.run(claimOperation, { now, lease: now + LEASE, runner }));
        if (row) this.#begin(row, runner);
      }
    } catch (error) {
      log.error("operations could not be looked for", { error });
      wait = RETRY_LOOK;
    }
    this.#cancel();
    if (this.#stopping || wait === undefined || (wait === 0 && this.#runs.size >= AT_ONCE)) return;
    this.#cancel = clock.after(wait, () => this.nudge());
  }

  /** Milliseconds until an operation may be taken up; undefined: not before one is started. */
  async #untilNext(): Promise<number | undefined> {
    const { store, clock } = this.#o;
    const [next] = await store.read((reader) => reader.run(nextOpen, {}));
    const shared = store.dialect === "sqlite" ? undefined : TAKE_OVER;
    if (!next) return shared;
    const wait = Math.max(0, next.at - clock.now());
    return shared === undefined ? wait : Math.min(wait, shared);
  }

  #begin(row: OperationRow, runner: string): void {
    const run: Run = { row, runner, abort: new AbortController() };
    if (this.#stopping) run.abort.abort();
    const ended = this.#run(run).finally(() => {
      this.#runs.delete(run);
      this.nudge();
    });
    this.#runs.set(run, ended);
  }

  async #run(run: Run): Promise<void> {
    const stopRenewing = this.#renew(run);
    const { row, runner } = run;
    try {
      const ended = await this.#outcome(run);
      if (ended === undefined) {
        await this.#o.store.write((tx) => tx.run(releaseOperation, { id: row.id, runner }));
      } else await this.#finish(run, ended);
    } catch (error) {
      // The lease ends, and it is gone on with.
      if (!(error instanceof OperationTaken)) {
        this.#o.log.error("operation is left for later", { operation_id: row.id, kind: row.kind, error });
      }
    } finally {
      stopRenewing();
    }
  }

  /** @returns what it comes to; undefined: it was broken off, and goes on later. @throws what lies with the database */
  async #outcome(run: Run): Promise<(OperationOutcome & { status: "SUCCESS" | "ERROR" }) | undefined> {
    const { row, abort } = run;
    const kind = this.#o.operations.kindOf(row.kind);
    if (!kind) return { status: "ERROR", message: `This server knows no operation ${row.kind} (any more).` };
    try {
      const outcome = await kind.run(this.#context(run));
      // What ends because it was told to has not come to its end.
      return abort.signal.aborted ? undefined : { status: "SUCCESS", ...outcome };
    } catch (error) {
      if (abort.signal.aborted) return undefined;
      if (error instanceof OperationTaken) throw error;
      if (error instanceof Problem) {
        if (error.code === "unavailable" || error.code === "storage_full") throw error;
        return { status: "ERROR", message: error.message };
      }
      this.#o.log.error("operation failed", { operation_id: row.id, kind: row.kind, error });
      return { status: "ERROR", message: "It failed by a fault of the server, whose log says more." };
    }
  }

  #context({ row, runner, abort }: Run): OperationContext {
    const { id, organisationId, submittedBy, submittedAt, input, position, done, total } = row;
    return {
      ...{ id, organisationId, submittedBy, submittedAt, input, position, done, total },
      signal: abort.signal,
      progress: async (nowDone: number, nowTotal: number | null, at: Json, tx: Transaction) => {
        const lastUpdatedAt = this.#o.clock.now();
        const columns = { done: nowDone, total: nowTotal, position: at, lastUpdatedAt };
        const [updated] = await tx.query(updateOperation(id, runner, columns));
        if (!updated) throw new OperationTaken();
      },
    };
  }

  async #finish(
    { row, runner }: Run,
    { status, message, result }: OperationOutcome & { status: "SUCCESS" | "ERROR" },
  ): Promise<void> {
    const { store, clock, audit } = this.#o;
    await store.write(async (tx) => {
      const now = clock.now();
      const columns = { status, message, result: result ?? null, completedAt: now, lastUpdatedAt: now };
      const [ended] = await tx.query(
        updateOperation(row.id, runner, { ...columns, runner: null, leaseUntil: 0 }),
      );
      if (!ended) throw new OperationTaken();
      audit.record(tx, server(row.organisationId), {
        ...{ action: "operation.finish", outcome: "success", target: `operation:${row.id}` },
        detail: { kind: row.kind, status, ...(status === "ERROR" && { message }) },
      });
      this.#o.finished?.(tx, ended);
    });
  }

  /** Renews the lease until what it returns is called; aborts the run when another process has it. */
  #renew({ row, runner, abort }: Run): () => void {
    const { store, clock, log } = this.#o;
    let cancel = (): void => {};
    let ended = false;
    const later = (): void => {
      cancel = clock.after(RENEW, () => void renew());
    };
    const renew = async (): Promise<void> => {
      if (ended) return;
      later();
      try {
        const lease = clock.now() + LEASE;
        const [held] = await store.write((tx) => tx.run(holdOperation, { id: row.id, runner, lease }));
        if (!held) abort.abort(new OperationTaken());
      } catch (error) {
        log.error("an operation's lease could not be renewed", { operation_id: row.id, error });
      }
    };
    later();
    return () => {
      ended = true;
      cancel();
    };
  }
}
