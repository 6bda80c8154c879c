/**
 * When a schedule runs, by croner. A time that the clock skips in spring comes at the first moment after the gap, and
 * one that it shows twice in autumn comes once; what runs every so often (`*`, `/15`) follows real time instead.
 */
import { Cron } from "croner";

/** What every run is reckoned by. `no-wildcard`: a list of hours is as fixed as one hour is. */
const OPTIONS = { mode: "5-or-6-parts", fixedTimeRule: "no-wildcard", paused: true } as const;

export const CRON_EXPECTED =
  "minute, hour, day of month, month and day of week, such as 0 3 * * *, with seconds before them where there are six";

export class CronPlan {
  readonly #cron: Cron;

  /** @throws Error  a pattern that is none, in croner's words */
  constructor(
    readonly pattern: string,
    readonly timezone: string,
  ) {
    this.#cron = new Cron(pattern, { ...OPTIONS, timezone });
  }

  /** The first time after `after`; undefined where there is none. Both in milliseconds since 1970. */
  next(after: number): number | undefined {
    return this.#cron.nextRun(new Date(after))?.getTime();
  }

  /** As {@link next}, several. */
  upcoming(after: number, count: number): number[] {
    return this.#cron.nextRuns(count, new Date(after)).map((time) => time.getTime());
  }
}

/** What is wrong with a pattern, to be put behind "found ..."; undefined where nothing is. */
export function cronFault(pattern: string, now = Date.now()): string | undefined {
  try {
    // Whether it ever comes does not depend on the time zone.
    if (new CronPlan(pattern, "UTC").next(now) === undefined) return "which never comes";
    return undefined;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return words.replace(/^CronPattern: /, "").replace(/\.$/, "");
  }
}

/** Whether there is a time zone of this name. */
export function isTimezone(name: string): boolean {
  try {
    // An offset is none: it knows no summer.
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    return !/^[+-]/.test(timeZone);
  } catch {
    return false;
  }
}
