/** From the YAML's actions and schedules to the program's. */
import { resolve } from "node:path";

import type { RawConfig } from "./schema.ts";
import type { ActionConfig, HttpRunConfig, ScheduleConfig } from "./types.ts";

type RawAction = RawConfig["actions"][string];

/**
 * @param allowed  whether this server runs commands
 * @param folder  what a command's path and working directory are relative to
 */
export function action(name: string, raw: RawAction, allowed: boolean, folder: string): ActionConfig {
  const { http, command = [] } = raw.run;
  const { environment, directory, output_limit: outputLimit } = raw;
  const { at_once: atOnce, per_organisation: perOrganisation, open } = raw.limits;
  return {
    name,
    description: raw.description,
    input: raw.input ?? null,
    run: http
      ? httpRun(http)
      : {
          kind: "command",
          command: command.map((word, at) => (at === 0 && word.includes("/") ? resolve(folder, word) : word)),
          environment,
          directory: directory ?? resolve(folder),
          outputLimit,
          allowed,
        },
    timeout: raw.timeout,
    limits: { atOnce, perOrganisation: Math.min(perOrganisation, atOnce), open },
    organisations: raw.organisations,
    dryRun: raw.dry_run,
    interrupted: raw.interrupted,
  };
}

function httpRun(raw: NonNullable<RawAction["run"]["http"]>): HttpRunConfig {
  const { method, url, headers, username, password = "", token } = raw;
  const basic = username === undefined ? null : { username, password };
  return {
    kind: "http",
    method,
    url,
    headers,
    body: raw.body,
    authorization: token === undefined ? basic : { token },
    caFile: raw.ca_file ?? null,
    success: raw.success,
    resultLimit: raw.result_limit,
    retries: raw.retries,
    retryWait: raw.retry_wait,
  };
}

/** Backups are a chore, whose times stand in their own section unless a schedule says otherwise. */
export function backupSchedule({ backup, schedules }: RawConfig): Record<string, ScheduleConfig> {
  if (!backup || Object.values(schedules).some(({ chore }) => chore === "backup")) return {};
  const { cron, timezone } = backup;
  const runs = { kind: "chore", chore: "backup" } as const;
  // A machine that was off at that time makes up for it.
  return {
    backup: { name: "backup", cron, timezone, runs, organisations: [], catchUp: "one", enabled: true },
  };
}

export function schedule(name: string, raw: RawConfig["schedules"][string]): ScheduleConfig {
  const { cron, timezone, action: actionName = "", chore, input = null, catch_up: catchUp } = raw;
  return {
    name,
    cron,
    timezone,
    runs:
      chore === undefined ? { kind: "action", action: actionName, input } : { kind: "chore", chore: chore },
    organisations: raw.organisations,
    catchUp,
    enabled: raw.enabled,
  };
}
