/** Levenshtein distance: insertions, removals and replacements that lead from `a` to `b`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const plain = (word: string) => word.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The candidate that `word` was probably meant to be: at most a third of its letters apart. Undefined if none. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const apart = distance(plain(word), plain(candidate));
    if (apart < least && apart <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate;
      least = apart;
    }
  }
  return best;
}

/** `; did you mean "listen"?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const best = closest(word, candidates);
  return best === undefined ? "" : `; did you mean "${best}"?`;
}
