/** Waiting for what comes about without an event that a test could hear. */
const LIMIT_MS = 15_000;

/** The first value other than undefined that `look` gives. @throws Error saying what did not come about */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  limitMs = LIMIT_MS,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`in ${limitMs / 1000} s it did not come about that ${what}`);
    await Bun.sleep(10);
  }
}
