/** Statistics of a few noisy rounds. All functions leave their input as it is. */

/** The value below which a share `q` (0 to 1) of the values lies, linearly interpolated; NaN without values. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/**
 * How far rounds disagree: the distance between the quarter points over the median. It is 0 for equal rounds; one
 * odd round in five leaves it small, so a single hiccup does not spoil a case, but a drifting machine does.
 */
export function disagreement(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  return (quantile(values, 0.75) - quantile(values, 0.25)) / Math.abs(median(values));
}

/**
 * The median of `a[i] / b[i]`. Rounds of two sides run next to each other in time, so what slows the machine slows
 * both, and the ratio of a pair is steadier than the ratio of the medians.
 */
export function pairedRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.flatMap((value, i) => (b[i] === undefined ? [] : [value / b[i]])));
}

/**
 * Turns of the sides in one round: forwards in even rounds, backwards in odd ones (A B, B A, A B, ...), so that a
 * machine that grows slower or quicker over time favours no side.
 */
export function turns<T>(sides: readonly T[], round: number): T[] {
  return round % 2 === 0 ? [...sides] : sides.toReversed();
}

/** Counts of durations, in buckets of 1/64 of an octave (1.1 % wide), from 1 µs to 1 h in 16 kB. */
export class Histogram {
  readonly #buckets = new Uint32Array(64 * 32);
  count = 0;

  add(microseconds: number): void {
    const bucket = microseconds <= 1 ? 0 : Math.floor(Math.log2(microseconds) * 64);
    const at = Math.min(bucket, this.#buckets.length - 1);
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
    this.count++;
  }

  /** The duration in µs that a share `q` of the counted ones does not pass; NaN when nothing was counted. */
  quantile(q: number): number {
    let left = Math.max(1, Math.ceil(this.count * q));
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      left -= this.#buckets[bucket] ?? 0;
      if (left <= 0) return 2 ** ((bucket + 0.5) / 64);
    }
    return NaN;
  }
}
