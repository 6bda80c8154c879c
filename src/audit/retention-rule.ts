/** Which events are old enough to go. */

/**
 * How many of the oldest events of a chain, in its order, may be removed: those up to the last one that is expired
 * without one before it that is not. A time that lies ahead is a clock's that went wrong; it must not keep everything
 * that came after it for ever, so it goes with the next one that is expired.
 * @param before  what is older is expired, milliseconds since 1970
 */
export function expiredPrefix(oldest: readonly { at: number }[], before: number, now: number): number {
  let count = 0;
  for (const [index, { at }] of oldest.entries()) {
    if (at < before) count = index + 1;
    else if (at <= now) break;
  }
  return count;
}
