/** How a command's failure looks: what was wrong, what to do next, and no stack. */
import { CommanderError } from "commander";

import { ConfigError, formatIssue } from "../config/errors.ts";
import { Problem } from "../problem.ts";
import { nextStep } from "./next-step.ts";
import { exitCodes, note, paint } from "./output.ts";

/** Prints what is known of `error` and returns the exit code. With KOPPLA_DEBUG set, the stack too. */
export function report(error: unknown): number {
  // commander has printed it already; its help and version are thrown, too.
  if (error instanceof CommanderError)
    return error.exitCode === 0 || error.code === "commander.version" ? exitCodes.ok : exitCodes.usage;
  if (process.env["KOPPLA_DEBUG"] && error instanceof Error) note(error.stack ?? error.message);
  const label = paint("red", "error:", process.stderr);

  if (error instanceof ConfigError) {
    const [first, ...more] = error.issues;
    if (first && more.length === 0 && first.line === 0) note(`${label} ${formatIssue(first)}`);
    else {
      note(error.message);
      const count = error.issues.length === 1 ? "1 error" : `${error.issues.length} errors`;
      note(
        `${label} the configuration cannot be used: ${count}. \`koppla config reference\` explains every key.`,
      );
    }
    return exitCodes.badConfiguration;
  }
  if (error instanceof Problem) {
    note(`${label} ${error.message}`);
    if (error.violations.length > 1)
      for (const { field, message } of error.violations)
        note(`  ${field === "" ? message : `${field}: ${message}`}`);
    const next = nextStep(error);
    if (next !== undefined) note(next);
    return exitCodes.failed;
  }
  note(`${label} ${error instanceof Error ? error.message : String(error)}`);
  if (!process.env["KOPPLA_DEBUG"]) note("KOPPLA_DEBUG=1 in the environment shows where this happened.");
  return exitCodes.failed;
}
