/**
 * Starts what is due. Each schedule has a row that says when it runs next; whoever moves that on starts the run in the
 * same transaction, so that of several servers one does, and none that dies loses or doubles it.
 */
import type { Organisation } from "../accounts/principal.ts";
import { server } from "../audit/entry.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { Problem } from "../problem.ts";
import type { Store, Transaction } from "../store/store.ts";
import { keepRun, moveSchedule, planSchedule, scheduleByName } from "./queries.ts";
import type { ScheduleRuns } from "./runs.ts";
import type { PlannedSchedule } from "./schedule.ts";

export interface SchedulerOptions {
  store: Store;
  clock: Clock;
  log: Pick<Logger, "error" | "info">;
  schedules: readonly PlannedSchedule[];
  runs: ScheduleRuns;
  /** For whom a schedule runs. */
  organisationsOf(schedule: PlannedSchedule): Promise<Organisation[]>;
}

/** What is later than this, milliseconds, was missed: no server ran, or the clock was moved. */
const LATE = 60_000;
/** Timers do not see that the clock is set, nor that the machine slept: it is looked at so often, at least. */
const LOOK = 60_000;
const RETRY = 5_000;
/** A last run that lies further ahead than this was made by a clock that went wrong. */
const BELIEVABLE = 25 * 3_600_000;

export class Scheduler {
  readonly #o: SchedulerOptions;
  /** When each runs next, as far as is known here. */
  readonly #next = new Map<PlannedSchedule, number | null>();
  /** The time that has been tried to run, but the database was away: it is not missed, however late it gets. */
  readonly #tried = new Map<PlannedSchedule, number>();
  #cancel = (): void => {};
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: SchedulerOptions) {
    this.#o = options;
  }

  /** Plans what is new or was changed, and from then on starts what is due, until {@link stop}. */
  async start(): Promise<void> {
    const { schedules, store, clock } = this.#o;
    if (schedules.length === 0) return;
    const now = clock.now();
    await store.write(async (tx) => {
      for (const { name, planText, plan, enabled } of schedules) {
        // What is off is planned anew when it is on again: nothing was missed meanwhile.
        const row = enabled
          ? { plan: planText, nextAt: plan.next(now) ?? null }
          : { plan: "off", nextAt: null };
        await tx.query(planSchedule({ name, ...row }));
      }
    });
    for (const schedule of schedules) if (schedule.enabled) this.#next.set(schedule, now);
    this.#look();
    await this.#looking;
  }

  /** Resolves when what was due has been started. */
  async settled(): Promise<void> {
    await this.#looking;
  }

  /** Resolves when nothing of it is under way any more; what it has started goes on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#looking;
  }

  #look(): void {
    this.#looking = this.#startDue().then((wait) => {
      if (this.#stopped) return;
      this.#cancel = this.#o.clock.after(wait, () => this.#look());
    });
  }

  /** @returns how long to wait, milliseconds */
  async #startDue(): Promise<number> {
    const { clock, log } = this.#o;
    let failed = false;
    for (const [schedule, at] of this.#next) {
      const now = clock.now();
      if (this.#stopped || !(this.#isDue(at, now) || this.#wentBack(schedule, at, now))) continue;
      try {
        this.#next.set(schedule, await this.#fire(schedule));
        this.#tried.delete(schedule);
      } catch (error) {
        failed = true;
        log.error("a schedule could not be run", { schedule: schedule.name, error });
      }
    }
    const next = Math.min(...[...this.#next.values()].map((at) => at ?? Number.POSITIVE_INFINITY));
    return failed ? RETRY : Math.min(LOOK, Math.max(0, next - clock.now()));
  }

  #isDue(at: number | null, now: number): boolean {
    return at !== null && at <= now;
  }

  /** Whether the clock was set back, and there is a time now before the one that was next. */
  #wentBack({ plan }: PlannedSchedule, at: number | null, now: number): boolean {
    return at !== null && at - now > BELIEVABLE && (plan.next(now) ?? at) < at;
  }

  /** Runs a schedule, unless another server has, or it is not due by the database. @returns when it runs next */
  async #fire(schedule: PlannedSchedule): Promise<number | null> {
    const { store, clock, log } = this.#o;
    const organisations = await this.#o.organisationsOf(schedule);
    const { name, planText: plan } = schedule;
    const told: string[] = [];
    const next = await store.write(async (tx) => {
      told.length = 0;
      const [row] = await tx.run(scheduleByName, { name });
      // Another server has another plan, and sees to it.
      if (!row || row.plan !== plan) return null;
      const now = clock.now();
      const reckoned = this.#after(schedule, row.lastAt, now);
      const from = row.nextAt;
      if (from === null || from > now) {
        // Unless the clock was set back: then it would wait for what is far ahead.
        if (from === null || reckoned === null || reckoned >= from) return from;
        await tx.query(moveSchedule({ name, plan, from }, { nextAt: reckoned }));
        return reckoned;
      }
      const isMissed = now - from > LATE && this.#tried.get(schedule) !== from;
      const runs = !isMissed || schedule.catchUp === "one";
      if (!isMissed) this.#tried.set(schedule, from);
      const columns = { nextAt: schedule.plan.next(now) ?? null, ...(runs && { lastAt: from }) };
      const [moved] = await tx.query(moveSchedule({ name, plan, from }, columns));
      // The other one has moved it; when it is next it is looked at again.
      if (!moved) return from;
      if (!runs) told.push("a schedule was passed over: no server ran at its time");
      else
        for (const organisation of organisations)
          told.push(...(await this.#run(tx, schedule, organisation, from)));
      return columns.nextAt;
    });
    for (const message of told) log.info(message, { schedule: name });
    return next;
  }

  /** The time after now; not before the last run, should the clock have been set back a little. */
  #after({ plan }: PlannedSchedule, lastAt: number | null, now: number): number | null {
    const isAhead = lastAt !== null && lastAt > now && lastAt - now <= BELIEVABLE;
    return plan.next(isAhead ? lastAt : now) ?? null;
  }

  /** @returns what is to be logged */
  async #run(
    tx: Transaction,
    planned: PlannedSchedule,
    organisation: Organisation,
    dueAt: number,
  ): Promise<string[]> {
    const { runs, clock } = this.#o;
    const { name } = planned;
    try {
      await runs.begin(tx, server(organisation.id), { name, planned }, organisation, dueAt);
      return [];
    } catch (error) {
      // It has read and not written: the transaction is as it was.
      if (!(error instanceof Problem) || error.code === "unavailable" || error.code === "storage_full")
        throw error;
      await tx.query(keepRun({ name, organisationId: organisation.id }, { skippedAt: clock.now() }));
      return [`a run of a schedule was left out: ${error.message}`];
    }
  }
}
