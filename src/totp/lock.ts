/** How long codes are refused after wrong ones: guessing a code of a million takes years instead of hours. */

const FIRST_MS = 15_000;
export const LONGEST_MS = 15 * 60_000;

/**
 * @param wrong  how many wrong codes there were in a row before this one
 * @returns until when codes are refused: 15 s after the first, doubled by each that follows, at most 15 min
 */
export function lockedUntil(wrong: number, now: number): number {
  return now + Math.min(FIRST_MS * 2 ** wrong, LONGEST_MS);
}
