import type { ConfigIssue } from "./types.ts";

/** More than this many at once help nobody. */
const SHOWN = 50;

/** The configuration cannot be used. Holds everything that is wrong with it, in order of place. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly issues: readonly ConfigIssue[]) {
    const lines = issues.slice(0, SHOWN).map(formatIssue);
    if (issues.length > SHOWN) lines.push(`... and ${issues.length - SHOWN} more`);
    super(lines.join("\n"));
  }
}

/** `koppla.yaml:3:11 server.listen: found "8080x", expected HOST:PORT ...` */
export function formatIssue(issue: ConfigIssue): string {
  if (issue.line === 0) return `${issue.file}: ${issue.message}`;
  const where = `${issue.file}:${issue.line}:${issue.column}`;
  return issue.path === "" ? `${where} ${issue.message}` : `${where} ${issue.path}: ${issue.message}`;
}

/** The error for a file as a whole. */
export function fileError(file: string, message: string): ConfigError {
  return new ConfigError([{ file, line: 0, column: 0, path: "", message }]);
}

/** By file as they came up, then by line and column. */
export function inOrder(issues: readonly ConfigIssue[]): ConfigIssue[] {
  const files = [...new Set(issues.map((issue) => issue.file))];
  return issues.toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}
