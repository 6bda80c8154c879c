/** What the outcome of an attempt means for its delivery and for its receiver: pure rules. */
import type { Receiver } from "../receivers/receiver.ts";
import type { Claimed, Outcome } from "./attempt.ts";
import { halves, partsOf } from "./parts.ts";
import { nextAttempt, retryAfterMs } from "./retry.ts";

export interface Verdict {
  status: "delivered" | "retrying" | "failed" | "cancelled";
  /** When it is tried again, milliseconds since 1970; null: it is at rest. */
  retryAt: number | null;
  /** The class of the failure, or why it was cancelled; null when it was delivered. */
  error: string | null;
  /** The attempt at which the retry schedule begins: a later one where this attempt does not count. */
  scheduleFrom: number;
  /** The whole receiver is left alone until then, milliseconds since 1970. */
  holdUntil?: number;
  /** The bodies of the two deliveries that take its place: it was too large for the receiver. */
  split?: [string, string];
}

/** What an attempt tells of its receiver: that it works, that it fails, or nothing (the fault was ours). */
export function isReceiversFault({ delivered, error }: Outcome): boolean {
  return !delivered && error !== "proxy" && error !== "rights";
}

const PAYLOAD_TOO_LARGE = 413;
const GONE = 410;
/** Too Many Requests and Service Unavailable speak of the whole receiver, not of the one delivery. */
const LEAVE_ALONE = [429, 503];

/** @param options.once  it is not tried again, whatever comes of it */
export function judge(
  { retry }: Pick<Receiver, "retry">,
  { attempts, scheduleFrom, body }: Pick<Claimed, "attempts" | "scheduleFrom" | "body">,
  outcome: Outcome,
  { now, random, once = false }: { now: number; random: number; once?: boolean },
): Verdict {
  if (outcome.delivered) return { status: "delivered", retryAt: null, error: null, scheduleFrom };
  const { status = 0, retryAfter } = outcome;
  const error = outcome.error ?? null;
  const rest = { retryAt: null, error, scheduleFrom };
  if (error === "rights") return { ...rest, status: "cancelled" };
  if (once || status === GONE) return { ...rest, status: "failed" };
  const split = status === PAYLOAD_TOO_LARGE ? halves(partsOf(body)) : undefined;
  if (split) return { ...rest, status: "cancelled", error: "split", split };
  const failures = attempts + 1 - scheduleFrom;
  const failure = { failures, now, retryAfter, random };
  if (!isReceiversFault(outcome)) {
    // It waits as after any failure, but is not one nearer to its end.
    const retryAt = nextAttempt({ ...retry, then: "repeat" }, failure) ?? now;
    return { status: "retrying", retryAt, error, scheduleFrom: scheduleFrom + 1 };
  }
  const retryAt = nextAttempt(retry, failure) ?? null;
  const asked = now + retryAfterMs(retryAfter, now);
  const hold = LEAVE_ALONE.includes(status) ? { holdUntil: retryAt ?? asked } : {};
  return { status: retryAt === null ? "failed" : "retrying", retryAt, error, scheduleFrom, ...hold };
}

/** What went wrong, in two words: `status 500`, `timeout`. */
export function inWords({ error, status }: Pick<Outcome, "error" | "status">): string {
  return error === "status" || error === "redirect" ? `status ${status ?? "unknown"}` : (error ?? "unknown");
}
