/** How many failures are free, and how long the next ones block. */

export interface ThrottlePolicy {
  /** Failures that cost nothing: people mistype, and a rotated secret is tried with the old one first. */
  free: number;
  /** The longest block, milliseconds. */
  longest: number;
}

/** The first block; each failure after it blocks twice as long as the one before. */
const FIRST_MS = 1_000;
/** A count is forgotten when nothing failed for so long. */
export const FORGET_MS = 3_600_000;

const MINUTE = 60_000;
const STRICT: ThrottlePolicy = { free: 5, longest: 15 * MINUTE };

const policies: Record<string, ThrottlePolicy> = {
  client: STRICT,
  // Behind one address there may be an office, or all integrations of a partner.
  address: { free: 50, longest: 15 * MINUTE },
  // Anybody can fail in somebody's name. It slows down those who guess from many addresses, to a guess a minute, and
  // must not keep the person out.
  user: { free: 10, longest: MINUTE },
};

/** @param key  such as `address:192.0.2.7`; what stands before the colon decides */
export function policyOf(key: string): ThrottlePolicy {
  return policies[key.slice(0, key.indexOf(":"))] ?? STRICT;
}

/** @returns for how long the key is blocked after so many failures, milliseconds; 0: not at all */
export function blockAfter(failures: number, { free, longest }: ThrottlePolicy): number {
  if (failures <= free) return 0;
  return Math.min(longest, FIRST_MS * 2 ** Math.min(failures - free - 1, 30));
}
