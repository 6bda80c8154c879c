/** An action as a kind of operation: what a run of it does, and what comes of it. */
import { readFileSync } from "node:fs";

import type { ActionConfig, CommandRunConfig, HttpRunConfig } from "../config/types.ts";
import { isoTime } from "../http/query.ts";
import type { Logger } from "../log.ts";
import type { OperationContext, OperationKind, OperationOutcome } from "../operations/operation.ts";
import type { OrganisationService } from "../organisations/service.ts";
import type { Send } from "../outgoing/request.ts";
import { Problem } from "../problem.ts";
import { type CommandEnd, runCommand } from "./command.ts";
import { runHttp } from "./http.ts";
import type { TemplateValues } from "./template.ts";

/** The kind of an action's operations; its name is in the grant too. */
export const kindOfAction = (name: string): string => `action:${name}`;

/** What an operation of an action keeps as its input. */
export interface ActionInput {
  input: unknown;
  /** The header of a dry run that is passed on. */
  dryRun?: string;
}

export interface ActionRunCollaborators {
  send: Send;
  organisations: Pick<OrganisationService, "byId">;
  /** Where what a program prints as errors is told, once the server runs. */
  log: () => Pick<Logger, "info" | "warn"> | undefined;
}

/** Nobody answered, or nobody who counts: it is worth another try. */
class TryAgain extends Problem {}

export function actionKind(action: ActionConfig, collaborators: ActionRunCollaborators): OperationKind {
  const { run, limits, timeout, interrupted } = action;
  const common = {
    limits: { perOrganisation: limits.perOrganisation, total: limits.atOnce },
    interrupted: interrupted === "again" ? ("resume" as const) : ("fail" as const),
  };
  if (run.kind === "command") {
    return { ...common, timeout, run: (context) => command(action.name, run, context, collaborators) };
  }
  return {
    ...common,
    // Each try has the whole time; what it came to is told in more words than that it took too long.
    retry: {
      times: run.retries,
      wait: () => run.retryWait,
      when: (error) => error instanceof TryAgain,
    },
    run: (context) => request(run, timeout, context, collaborators),
  };
}

async function request(
  run: HttpRunConfig,
  timeout: number,
  context: OperationContext,
  { send, organisations }: ActionRunCollaborators,
): Promise<OperationOutcome> {
  const { input, dryRun } = context.input as unknown as ActionInput;
  const values: TemplateValues = {
    input,
    operation: context.id,
    organisation: (await organisations.byId(context.organisationId)).code,
    submitted_by: context.submittedBy ?? "",
    submitted_at: isoTime(context.submittedAt),
  };
  const { ok, again, message, result } = await runHttp(run, values, {
    ...{ send, timeout, signal: context.signal, ca: authorities(run) },
    ...(dryRun !== undefined && { headers: { [dryRun]: "true" } }),
  });
  if (context.signal.aborted) return { message: "", result };
  if (!ok && again && context.failures < run.retries) throw new TryAgain("conflict", message);
  return { message, result, status: ok ? "SUCCESS" : "ERROR" };
}

/** @throws Problem where the file has gone since the start */
function authorities({ caFile }: HttpRunConfig): string | undefined {
  if (caFile === null) return undefined;
  try {
    return readFileSync(caFile, "utf8");
  } catch {
    throw new Problem("conflict", "The file of certificate authorities (run.http.ca_file) cannot be read.");
  }
}

async function command(
  action: string,
  run: CommandRunConfig,
  context: OperationContext,
  { log }: ActionRunCollaborators,
): Promise<OperationOutcome> {
  if (!run.allowed) throw new Problem("forbidden", COMMANDS_OFF);
  const { input } = context.input as unknown as ActionInput;
  const end = await runCommand(run, { stdin: JSON.stringify(input), signal: context.signal });
  const message = sentence(end, run);
  const ok = end.exitCode === 0 && end.cause === undefined;
  if (!ok || end.errors !== "") {
    // What a program prints as errors is for the sysadmin: it may speak of what partners are not to know.
    const level = ok ? "info" : "warn";
    log()?.[level]("command of an action", {
      action,
      operation_id: context.id,
      end: message,
      stderr: end.errors,
    });
  }
  const result = {
    exit_code: end.exitCode ?? null,
    ...(end.signal !== undefined && { signal: end.signal }),
    ...(end.output !== "" && { output: jsonOr(end.output, end.cause === undefined) }),
  };
  if (context.signal.aborted) return { message: "", result };
  return { message, result, status: ok ? "SUCCESS" : "ERROR" };
}

export const COMMANDS_OFF =
  "Commands are off on this server: actions_allow_commands is not true in its configuration.";

function sentence({ cause, exitCode, signal }: CommandEnd, run: CommandRunConfig): string {
  switch (cause) {
    case "not_found":
      return "The command does not exist on this server.";
    case "not_started":
      return "The command could not be started.";
    case "output":
      return `The command printed more than it may (${run.outputLimit} bytes) and was ended.`;
    case "aborted":
      return "The command was ended.";
    default:
      if (signal !== undefined) return `The command was ended by ${signal}.`;
      return exitCode === 0 ? "The command has run." : `The command ended with exit code ${exitCode}.`;
  }
}

/** What was printed, as the JSON that it is, where it is whole. */
function jsonOr(text: string, whole: boolean): unknown {
  if (!whole) return text;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}
