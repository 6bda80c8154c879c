/**
 * The checks from the command line, beside a server or without one. Nothing is changed by them: no database is made, no
 * migration applied, no key file written.
 */
import { existsSync } from "node:fs";

import { assetPath } from "../assets.ts";
import { systemClock } from "../clock.ts";
import { formatIssue } from "../config/errors.ts";
import { loadMasterKey } from "../config/key-file.ts";
import type { Config } from "../config/types.ts";
import { AddressRules } from "../outgoing/addresses.ts";
import type { PeerClock } from "../outgoing/peer-clocks.ts";
import { systemLookup, TargetGuard } from "../outgoing/guard.ts";
import { openServices, type Services } from "../services.ts";
import { readMigrations } from "../store/migrate.ts";
import { peekMigrations } from "../store/peek.ts";
import {
  type Check,
  type CheckResult,
  error,
  type Finding,
  ok,
  runChecks,
  skipped,
  warning,
} from "./check.ts";
import { allChecks } from "./checks.ts";

/**
 * @param more  checks that the caller adds, told first
 * @param peers  clocks that the server has seen which runs beside
 */
export async function checkOffline(
  config: Config,
  more: readonly Check[],
  peers: () => Promise<readonly PeerClock[]>,
): Promise<CheckResult[]> {
  const clock = systemClock;
  const opened = await open(config).catch((thrown: unknown): { trouble: Finding } => ({
    trouble: error(
      `The database cannot be opened: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      "Mend what the message names: the key file, the path or address of the database, its password.",
    ),
  }));
  const { services, trouble } = { services: undefined, trouble: undefined, ...opened };
  const guard = new TargetGuard({
    rules: new AddressRules(config.webhooks.allowTargets),
    lookup: systemLookup,
  });
  const configuration: Check = { name: "configuration", run: () => judgeWarnings(config) };
  const checks = allChecks.map((check): Check => {
    return trouble && check.name === "database" ? { name: check.name, run: () => trouble } : check;
  });
  try {
    return await runChecks([configuration, ...more, ...checks], {
      ...{ config, clock, guard, data: services, peers },
    });
  } finally {
    await services?.close();
  }
}

function judgeWarnings({ warnings }: Config): Finding {
  if (warnings.length === 0) return ok("The configuration can be used.");
  return warning(warnings.map(formatIssue).join("; "), "Mend the places that are named.");
}

/** @returns the services over the database, or why it is better not opened */
async function open(config: Config): Promise<{ services: Services } | { trouble: Finding }> {
  const applied = await peekMigrations(config.database);
  if (applied === undefined) {
    return { trouble: skipped("There is no database yet: the first `koppla serve` makes it.") };
  }
  const known = readMigrations(assetPath(`db/${config.database.kind}`)).map(({ name }) => name);
  const strange = applied.filter((name) => !known.includes(name));
  if (strange.length > 0) {
    const told = `The database was changed by a newer version of koppla: ${strange.join(", ")}.`;
    return { trouble: error(told, "Run that version, or restore the copy made before the upgrade.") };
  }
  const pending = known.length - applied.length;
  if (pending > 0) {
    const told = `The database is of an older version: ${pending} migrations are to be applied.`;
    return { trouble: warning(told, "Make a backup; the next start of `koppla serve` applies them.") };
  }
  const { keyFile } = config.secrets;
  if (!existsSync(keyFile)) {
    const told = `There is no key file ${keyFile}, without which nothing that is secret can be read.`;
    return { trouble: error(told, "Restore it from a backup.") };
  }
  await loadMasterKey(keyFile, { create: false });
  return { services: await openServices(config) };
}
