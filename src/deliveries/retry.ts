/** When a delivery that failed is tried again: a pure function of its schedule. */
import type { RetrySchedule } from "../config/types.ts";

/** However long a receiver asks to be left alone, it is asked again after a day. */
const LONGEST_RETRY_AFTER = 24 * 3_600_000;

export interface Failure {
  /** How many attempts of this schedule have failed, this one included. */
  failures: number;
  /** Milliseconds since 1970. */
  now: number;
  /** The answer's `Retry-After` (RFC 9110, 10.2.3), as it came. */
  retryAfter?: string | undefined;
  /** 0 to 1. */
  random: number;
}

/**
 * @returns when to try again, milliseconds since 1970; undefined when the schedule has come to its end
 */
export function nextAttempt(schedule: RetrySchedule, failure: Failure): number | undefined {
  const { steps } = schedule;
  const last = schedule.then === "repeat" ? steps.at(-1) : undefined;
  const interval = steps[failure.failures - 1] ?? last;
  if (interval === undefined) return undefined;
  // Up to 10 % later, so that many receivers' retries spread; never earlier than the schedule says.
  const wait = interval * (1 + 0.1 * failure.random);
  return Math.round(failure.now + Math.max(wait, retryAfterMs(failure.retryAfter, failure.now)));
}

/** RFC 9110, 5.6.7: the form that is sent, and the one of RFC 850 and of asctime that still must be understood. */
const DATE = /^[A-Z][a-z]{2,8}, \d{2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/** @returns milliseconds from now; 0 for what cannot be understood or lies in the past */
export function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : dateOf(text) - now;
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(wait, 0), LONGEST_RETRY_AFTER);
}

function dateOf(text: string): number {
  if (DATE.test(text)) return Date.parse(text);
  return ASCTIME.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
}
