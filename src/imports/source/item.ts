/** A row of a file, as it was read: a value, or what is wrong with it. */
import type { Violation } from "../../problem.ts";

export type SourceItem =
  { line: number; value: unknown } | { line: number; violations: readonly Violation[] };

/** One record's text may be this long, bytes. */
export const MAX_ITEM = 4 * 2 ** 20;

export const refused = (line: number, field: string, message: string): SourceItem => ({
  line,
  violations: [{ field, message }],
});
