/** Durations as the API writes them: `5s`, `1h`. */

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const FORM = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** @returns milliseconds; undefined for what is none */
export function milliseconds(text: string): number | undefined {
  const [, digits, unit] = FORM.exec(text.trim()) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Number(digits) * UNITS[unit as keyof typeof UNITS];
}
