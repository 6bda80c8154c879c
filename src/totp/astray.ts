/**
 * What a clock that ran ahead has left behind: codes count as used up, or are refused, until a time that lies hours
 * away. Nobody could log in before then. Once the clock is right, all codes up to now count as used instead.
 *
 * A code that was used while the clock was ahead may be good once more when its time comes. Nothing else could be known
 * to be wrong: up to ten minutes are let stand, so that setting a clock back a little makes no code good again.
 */
import { LONGEST_MS } from "./lock.ts";
import { STEP_MS, stepAt } from "./totp.ts";

const BELIEVABLE_STEPS = 600_000 / STEP_MS;

/** What is kept of a secret's codes. */
export interface CodeState {
  /** The last step that was used up. */
  totpStep: number;
  /** Milliseconds since 1970. */
  totpLockedUntil: number;
}

/**
 * @param now  milliseconds since 1970
 * @returns what it is to be; undefined: it is as it should be
 */
export function setRight({ totpStep, totpLockedUntil }: CodeState, now: number): CodeState | undefined {
  const step = stepAt(now);
  const isStepAstray = totpStep > step + BELIEVABLE_STEPS;
  // No lock is longer.
  const isLockAstray = totpLockedUntil > now + LONGEST_MS;
  if (!isStepAstray && !isLockAstray) return undefined;
  return {
    totpStep: isStepAstray ? step : totpStep,
    totpLockedUntil: isLockAstray ? 0 : totpLockedUntil,
  };
}
