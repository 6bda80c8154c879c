/** A histogram of plain numbers: observing costs some tens of nanoseconds, and nothing is made of it until asked. */
export class Buckets {
  /** How many were at most as large as the bound of the same index; the last: larger than all. */
  readonly counts: Float64Array;
  sum = 0;

  /** @param bounds  upper bounds (included), rising */
  constructor(readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index++;
    counts[index] = (counts[index] as number) + 1;
    this.sum += value;
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }
}
