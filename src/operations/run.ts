/**
 * One run of an operation: what its kind is given to work with, its lease, its time limit, and what it comes to.
 *
 * Each run has a name of its own, and all that it writes is written only while the row bears it. So a process that was
 * asleep while another took over cannot write into its work.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { Problem } from "../problem.ts";
import { aborted } from "../stop-signal.ts";
import type { Stage, Store, Transaction } from "../store/store.ts";
import type { Claimed } from "./claim.ts";
import {
  abortCause,
  type AbortCause,
  type Json,
  OperationAborted,
  type OperationContext,
  type OperationKind,
  type OperationOutcome,
  type OperationRow,
  OperationTaken,
} from "./operation.ts";
import type { OperationNews } from "./news.ts";
import { checkpointOperation, holdOperation, noteOperation } from "./queries.ts";

/** Milliseconds. A run that says nothing for so long is taken for dead. */
export const LEASE = 30_000;
const RENEW = LEASE / 3;
/** What is noted is written at most so often, ms. */
const NOTE = 500;
/** How long a run that was told to end may take to do so, ms; at a stop less, because the process ends. */
const GRACE = 20_000;
const STOP_GRACE = 8_000;

export interface RunOptions {
  store: Store;
  clock: Clock;
  log: Pick<Logger, "error">;
  news: OperationNews;
}

/** What a run comes to. */
export type RunEnd =
  | { how: "ended"; outcome: OperationOutcome & { status: "SUCCESS" | "ERROR" } }
  /** It is begun anew after `wait` ms. */
  | { how: "again"; wait: number; message: string }
  /** It was broken off, and goes on later. */
  | { how: "released" }
  /** It is another's. */
  | { how: "taken" };

interface Shown {
  done: number;
  total: number | null;
}

export class OperationRun {
  readonly row: OperationRow;
  readonly runner: string;
  readonly #o: RunOptions;
  readonly #abort = new AbortController();
  /** Who cancelled it, as far as this process knows. */
  #cancelledBy: string | null;
  /** How far it has come, by what was committed or noted last. */
  #shown: Shown;
  #message: string;
  #notedAt = Number.NEGATIVE_INFINITY;
  #noting: (() => void) | undefined;
  #over = false;
  /** Until when it is known to be this run's, milliseconds since 1970. */
  leaseUntil: number;

  constructor({ row, runner }: Claimed, options: RunOptions) {
    this.row = row;
    this.runner = runner;
    this.#o = options;
    this.#shown = { done: row.done, total: row.total };
    this.#message = row.message;
    this.leaseUntil = row.leaseUntil;
    this.#cancelledBy = row.cancelledBy;
  }

  /** How far it has come. */
  get shown(): Shown {
    return this.#shown;
  }

  /** Tells it to end; the first cause counts. */
  end(cause: AbortCause): void {
    if (!this.#abort.signal.aborted) this.#abort.abort(new OperationAborted(cause));
  }

  /** Looks whether it is still this run's, and wanted; renews its lease. */
  async renew(): Promise<void> {
    const { store, clock, log } = this.#o;
    const { id } = this.row;
    try {
      const lease = clock.now() + LEASE;
      const [held] = await store.write((tx) => tx.run(holdOperation, { id, runner: this.runner, lease }));
      if (held) this.leaseUntil = lease;
      this.#heard(held);
    } catch (error) {
      log.error("an operation's lease could not be renewed", { operation_id: id, error });
    }
  }

  /** @throws what lies with the database */
  async run(kind: OperationKind | undefined): Promise<RunEnd> {
    const { row } = this;
    if (!kind) return failure(`This server knows no operation ${row.kind} (any more).`);
    if (this.#cancelledBy !== null) this.end("cancel");
    else if (row.runs > 1 && kind.interrupted === "fail") {
      return this.#interrupted(kind, "The server was killed while it ran; nobody knows how far it came.");
    }
    const stops = [this.#keepLease(), this.#limitTime(kind)];
    try {
      return await this.#outcome(kind);
    } finally {
      this.#over = true;
      // What is left to be noted is written with the end.
      this.#noting?.();
      for (const stop of stops) stop();
    }
  }

  async #outcome(kind: OperationKind): Promise<RunEnd> {
    const { signal } = this.#abort;
    let outcome: OperationOutcome | undefined;
    let error: unknown;
    try {
      const running = kind.run(this.#context());
      outcome = await Promise.race([running, this.#patience(running)]);
    } catch (thrown) {
      if (thrown instanceof OperationTaken) return { how: "taken" };
      error = thrown;
    }
    // What says so has come to its end, whatever it was told meanwhile.
    if (outcome?.status !== undefined) return { how: "ended", outcome: { status: "SUCCESS", ...outcome } };
    switch (abortCause(signal)) {
      case "taken":
        return { how: "taken" };
      case "stop":
        return kind.interrupted === "fail"
          ? this.#interrupted(kind, "The server was stopped while it ran.")
          : { how: "released" };
      case "cancel":
        return this.#broken(
          `It was cancelled by ${this.#cancelledBy ?? "somebody"}.`,
          { cancelled: true },
          outcome,
        );
      case "timeout": {
        const end = this.#broken(timeoutText(kind.timeout ?? 0), { timed_out: true }, outcome);
        return this.#failed(kind, new Problem("timeout", end.outcome.message), end);
      }
      case undefined:
        if (outcome) return { how: "ended", outcome: { status: "SUCCESS", ...outcome } };
        return this.#failed(kind, error);
    }
  }

  #interrupted(kind: OperationKind, reason: string): RunEnd {
    return this.#failed(kind, new Problem("unavailable", reason), failure(reason));
  }

  /** What was broken off for good; what it returned says how far it came. */
  #broken(reason: string, marks: Json, outcome: OperationOutcome | undefined): RunEnd & { how: "ended" } {
    const message = outcome && outcome.message !== "" ? `${reason} ${outcome.message}` : reason;
    return { how: "ended", outcome: { status: "ERROR", message, result: { ...outcome?.result, ...marks } } };
  }

  /** @throws what lies with the database: it is gone on with when that is back */
  #failed(kind: OperationKind, error: unknown, end = this.#told(error)): RunEnd {
    const { retry } = kind;
    const failures = this.row.failures + 1;
    if (!retry || failures > retry.times || retry.when?.(error) === false) return end;
    const message = `It has failed and is begun anew: ${end.outcome.message}`;
    return { how: "again", wait: retry.wait(failures), message };
  }

  #told(error: unknown): RunEnd & { how: "ended" } {
    const { id, kind } = this.row;
    if (error instanceof Problem) {
      if (error.code === "storage_full" || error.code === "unavailable") throw error;
      return failure(error.message);
    }
    this.#o.log.error("operation failed", { operation_id: id, kind, error });
    return failure("It failed by a fault of the server, whose log says more.");
  }

  /** Waits for a run that was told to end, but not for ever. */
  async #patience(running: Promise<unknown>): Promise<undefined> {
    const { signal } = this.#abort;
    await aborted(signal);
    const { clock, log } = this.#o;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(abortCause(signal) === "stop" ? STOP_GRACE : GRACE, () => {
      log.error("an operation does not end", { operation_id: this.row.id, kind: this.row.kind });
      resolve();
    });
    // Its end, good or bad, is told by the race.
    running.then(
      () => resolve(),
      () => resolve(),
    );
    await promise;
    cancel();
    // One more turn, so that a run that has ended wins the race.
    await new Promise((done) => setImmediate(done));
    return undefined;
  }

  #context(): OperationContext {
    const { id, organisationId, submittedBy, submittedAt, input, position, done, total } = this.row;
    const { resourceType, resourceName, failures } = this.row;
    return {
      ...{ id, organisationId, submittedBy, submittedAt, input, position, done, total },
      ...{ resourceType, resourceName, failures },
      signal: this.#abort.signal,
      progress: (nowDone, nowTotal, at, tx) => this.#progress(nowDone, nowTotal, at, tx),
      note: (nowDone, nowTotal, message) => this.#note(nowDone, nowTotal, message),
    };
  }

  async #progress(done: number, total: number | null, position: Json, tx: Transaction): Promise<void> {
    const { id } = this.row;
    const at = this.#o.clock.now();
    const [held] = await tx.run(checkpointOperation, {
      ...{ id, runner: this.runner, done, total, position: JSON.stringify(position), at },
    });
    if (!held) throw new OperationTaken();
    tx.defer(this.#progressed, { done, total, cancelledBy: held.cancelledBy });
  }

  readonly #progressed: Stage<Shown & { cancelledBy: string | null }> = {
    apply: async () => {},
    committed: (items) => {
      const last = items.at(-1);
      if (!last) return;
      this.#shown = { done: last.done, total: last.total };
      this.#heard(last);
      this.#o.news.tell(this.row.id);
    },
  };

  #note(done: number, total: number | null, message = this.#message): void {
    if (this.#over) return;
    this.#shown = { done, total };
    this.#message = message;
    if (this.#noting) return;
    const { clock } = this.#o;
    const wait = Math.max(0, this.#notedAt + NOTE - clock.now());
    this.#noting = clock.after(wait, () => void this.#writeNote());
  }

  async #writeNote(): Promise<void> {
    const { store, clock, log, news } = this.#o;
    const { id } = this.row;
    const at = clock.now();
    this.#notedAt = at;
    this.#noting = undefined;
    const noted = { ...{ id, runner: this.runner, ...this.#shown }, message: this.#message, at };
    try {
      const [held] = await store.write((tx) => tx.run(noteOperation, noted));
      this.#heard(held);
      news.tell(id);
    } catch (error) {
      log.error("how far an operation has come could not be noted", { operation_id: id, error });
    }
  }

  /** What the row says of itself: nothing when it is another run's. */
  #heard(held: { cancelledBy: string | null } | undefined): void {
    if (this.#over) return;
    if (!held) this.end("taken");
    else if (held.cancelledBy !== null) {
      this.#cancelledBy = held.cancelledBy;
      this.end("cancel");
    }
  }

  /** Renews the lease until what it returns is called. */
  #keepLease(): () => void {
    const { clock } = this.#o;
    let cancel = (): void => {};
    const later = (): void => {
      cancel = clock.after(RENEW, () => {
        if (this.#over) return;
        later();
        void this.renew();
      });
    };
    later();
    return () => cancel();
  }

  #limitTime({ timeout }: OperationKind): () => void {
    if (timeout === undefined) return () => {};
    const { clock } = this.#o;
    const end = (this.row.startedAt ?? clock.now()) + timeout;
    return clock.after(Math.max(0, end - clock.now()), () => this.end("timeout"));
  }
}

function failure(message: string): RunEnd & { how: "ended" } {
  return { how: "ended", outcome: { status: "ERROR", message } };
}

function timeoutText(ms: number): string {
  const text = ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1_000} s`;
  return `It took longer than ${text}, which is all the time that it may take.`;
}
