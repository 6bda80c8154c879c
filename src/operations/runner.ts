/**
 * Runs operations: some at a time, each by one process, which says so by a lease in the row that it renews while it
 * works. It sleeps until one is started, or a lease of a process that is gone has ended or was given back.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { NodeWatch } from "../nodes/watch.ts";
import type { Store } from "../store/store.ts";
import { type Claimed, claimOperations } from "./claim.ts";
import { OperationTaken } from "./operation.ts";
import {
  nextOpen,
  releaseOperation,
  releaseOperations,
  releaseOperationsOf,
  runningNodes,
  unnameOperations,
  updateOperation,
} from "./queries.ts";
import { LEASE, OperationRun } from "./run.ts";
import type { OperationService } from "./service.ts";

export interface RunnerOptions {
  store: Store;
  clock: Clock;
  log: Pick<Logger, "error">;
  operations: OperationService;
  /** Not given where this process is none that others watch. */
  nodes?: Pick<NodeWatch, "register">;
  /** Operations under way at once in this process; not given, {@link AT_ONCE}. */
  atOnce?: number;
  /** The only one that it runs: a command's own, beside a server that may run or not. */
  only?: string;
}

const AT_ONCE = 64;
/** The part of them that one organisation may have: what the others start need not wait for its end. */
const SHARE = 0.75;
/** On a database that others may run operations of as well: how often to look for what one that is gone has left. */
const TAKE_OVER = 60_000;
/** How often it is looked whether another process has written, such as a command beside the server: 3 µs. */
const OTHERS = 1_000;
/** After a look that failed (database away). */
const RETRY_LOOK = 5_000;

export class OperationRunner {
  readonly #o: RunnerOptions;
  readonly #atOnce: number;
  readonly #runs = new Map<OperationRun, Promise<void>>();
  #looking: Promise<void> | undefined;
  /** Something was started while it looked. */
  #again = false;
  #stopping = false;
  #cancel = (): void => {};
  #unwatch = (): void => {};

  constructor(options: RunnerOptions) {
    this.#o = options;
    this.#atOnce = options.atOnce ?? AT_ONCE;
  }

  /** Takes up what an earlier process left, and from then on whatever is started, until {@link stop}. */
  async start(): Promise<void> {
    const { store, operations } = this.#o;
    // On SQLite this is the only process that runs any; elsewhere the lease tells whether another one does.
    if (store.dialect === "sqlite" && this.#o.only === undefined)
      await store.write((tx) => tx.run(releaseOperations, {}));
    this.#o.nodes?.register({
      what: "operations",
      owners: runningNodes,
      release: releaseOperationsOf,
      unname: unnameOperations,
      gone: () => this.nudge(),
    });
    operations.onChanged((id) => this.#changed(id));
    store.subscribe((message) => {
      if (message.kind === "all") this.nudge();
      else if (message.kind === "operations") this.#changed(message.cancelled);
    });
    this.#watch();
    this.nudge();
  }

  /** On SQLite nobody is told of what other processes write; who asks is. */
  #watch(): void {
    const { store, clock } = this.#o;
    if (store.dialect !== "sqlite" || this.#o.only !== undefined) return;
    this.#unwatch = clock.after(OTHERS, () => {
      store.epoch();
      this.#watch();
    });
  }

  /** Begins nothing more, tells those under way to end, and leaves them for the next process. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancel();
    this.#unwatch();
    for (const run of this.#runs.keys()) run.end("stop");
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

  /** There may be something to begin, or (where it is given) to end. */
  #changed(cancelled?: string): void {
    if (cancelled === undefined) this.nudge();
    else for (const run of this.#runs.keys()) if (run.row.id === cancelled) void run.renew();
  }

  async #look(): Promise<void> {
    const { log, clock } = this.#o;
    let wait: number | undefined = RETRY_LOOK;
    try {
      // Again, where the time of the next has come while it was looked for.
      do {
        let now = clock.now();
        while (!this.#stopping && (await this.#isDue(now))) {
          const claimed = await this.#claim(now);
          for (const one of claimed) this.#begin(one);
          // Those that are due have to wait for others to end: who ends looks again.
          if (claimed.length === 0) break;
          now = clock.now();
        }
        wait = this.#runs.size >= this.#atOnce ? undefined : await this.#untilNext(now);
      } while (wait === 0 && !this.#stopping);
    } catch (error) {
      log.error("operations could not be looked for", { error });
    }
    this.#cancel();
    if (!this.#stopping && wait !== undefined) this.#cancel = clock.after(wait, () => this.nudge());
  }

  async #isDue(now: number): Promise<boolean> {
    if (this.#runs.size >= this.#atOnce) return false;
    const [first] = await this.#o.store.read((reader) => reader.run(nextOpen, { after: -1 }));
    return first !== undefined && first.at <= now;
  }

  #claim(now: number): Promise<Claimed[]> {
    const { store, operations } = this.#o;
    const share = Math.max(1, Math.floor(this.#atOnce * SHARE));
    return claimOperations(store, {
      ...{ now, lease: now + LEASE, node: store.presence?.number ?? null },
      places: this.#atOnce - this.#runs.size,
      room: (organisationId) => {
        let taken = 0;
        for (const { row } of this.#runs.keys()) if (row.organisationId === organisationId) taken++;
        return share - taken;
      },
      limits: (kind) => operations.kindOf(kind)?.limits,
      only: this.#o.only,
      // Whoever could not renew a lease in time goes on all the same, where nobody else has taken over.
      own: [...this.#runs.keys()].filter((run) => run.leaseUntil <= now).map(({ row }) => row.id),
    });
  }

  /**
   * Milliseconds until an operation may be taken up that may not at `now`, which is when it was looked last;
   * undefined: not before one is started.
   */
  async #untilNext(now: number): Promise<number | undefined> {
    const { store, clock } = this.#o;
    const [next] = await store.read((reader) => reader.run(nextOpen, { after: now }));
    const shared = store.dialect === "sqlite" ? undefined : TAKE_OVER;
    if (!next) return shared;
    const wait = Math.max(0, next.at - clock.now());
    return shared === undefined ? wait : Math.min(wait, shared);
  }

  #begin(claimed: Claimed): void {
    const { operations } = this.#o;
    const run = new OperationRun(claimed, { ...this.#o, news: operations.news });
    if (this.#stopping) run.end("stop");
    const ended = this.#run(run).finally(() => {
      this.#runs.delete(run);
      this.nudge();
    });
    this.#runs.set(run, ended);
  }

  async #run(run: OperationRun): Promise<void> {
    const { store, clock, log, operations } = this.#o;
    const { row, runner } = run;
    const { id, kind } = row;
    try {
      const end = await run.run(operations.kindOf(kind));
      if (end.how === "taken") return;
      await store.write(async (tx) => {
        if (end.how === "released") await tx.run(releaseOperation, { id, runner });
        else if (end.how === "ended") {
          if (!(await operations.finish(tx, { id, runner, ...run.shown }, end.outcome)))
            throw new OperationTaken();
        } else {
          const columns = { runner: null, leaseUntil: clock.now() + end.wait, message: end.message };
          const anew = { failures: row.failures + 1, runs: 0, startedAt: null, lastUpdatedAt: clock.now() };
          await tx.query(updateOperation(id, runner, { ...columns, ...anew }));
          tx.defer(operations.news.stage, id);
        }
      });
    } catch (error) {
      // The lease ends, and it is gone on with.
      if (error instanceof OperationTaken) return;
      log.error("operation is left for later", { operation_id: id, kind, error });
    }
  }
}
