/** What a check is, and how all of them are run: side by side, each within its time. */
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import type { TargetGuard } from "../outgoing/guard.ts";
import type { PeerClock } from "../outgoing/peer-clocks.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { Reader, Store } from "../store/store.ts";
import type { ShownBackups } from "../system/backups.ts";

export type CheckStatus = "ok" | "warning" | "error" | "skipped";

/** What a check has found. */
export interface Finding {
  status: CheckStatus;
  /** A sentence: what was found. */
  message: string;
  /** How to mend it, where there is something to mend. */
  remedy?: string;
}

/** As it is told. */
export interface CheckResult extends Finding {
  name: string;
  took_ms: number;
}

/** What checks look at. */
export interface Patient {
  config: Config;
  clock: Clock;
  guard: TargetGuard;
  /** Undefined where it could not be opened: what needs it is left out. */
  data: PatientData | undefined;
  /** Clocks of servers that have answered the running server. */
  peers: () => Promise<readonly PeerClock[]>;
}

export interface PatientData {
  store: Store;
  receivers: { load(reader: Reader): Promise<Receiver[]> };
  system: { backups(): Promise<ShownBackups> };
}

export interface Check {
  name: string;
  run(patient: Patient): Finding | Promise<Finding>;
}

/** A check of what is in the database. */
export function dataCheck(
  name: string,
  run: (data: PatientData, patient: Patient) => Finding | Promise<Finding>,
): Check {
  return {
    name,
    run: (patient) => (patient.data ? run(patient.data, patient) : skipped("The database is not open.")),
  };
}

export const ok = (message: string): Finding => ({ status: "ok", message });
export const skipped = (message: string): Finding => ({ status: "skipped", message });
export const warning = (message: string, remedy: string): Finding => ({
  ...{ status: "warning", message, remedy },
});
export const error = (message: string, remedy: string): Finding => ({
  ...{ status: "error", message, remedy },
});

/** The worse of several findings; what is wrong with others stands in it, too. */
export function worst(findings: readonly Finding[]): Finding {
  const rank = (status: CheckStatus) => ["error", "warning", "ok", "skipped"].indexOf(status);
  const sorted = [...findings].sort((a, b) => rank(a.status) - rank(b.status));
  const [first = skipped("There is nothing to look at.")] = sorted;
  if (first.status === "skipped") return first;
  const told = sorted.filter(({ status }) =>
    first.status === "ok" ? status === "ok" : status === "error" || status === "warning",
  );
  const remedies = told.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy]));
  return {
    status: first.status,
    message: told.map(({ message }) => message).join(" "),
    ...(remedies.length > 0 && { remedy: [...new Set(remedies)].join(" ") }),
  };
}

/** A check that takes longer is given up, ms. */
const LONGEST = 20_000;

/** Runs checks side by side. @returns what they found, in their order */
export function runChecks(checks: readonly Check[], patient: Patient): Promise<CheckResult[]> {
  return Promise.all(checks.map((check) => runOne(check, patient)));
}

async function runOne({ name, run }: Check, patient: Patient): Promise<CheckResult> {
  const begun = performance.now();
  let cancel = () => {};
  const late = new Promise<Finding>((resolve) => {
    const given = error(
      `It did not end within ${LONGEST / 1000} s.`,
      "Look at the machine's load, its disk and its network.",
    );
    cancel = patient.clock.after(LONGEST, () => resolve(given));
  });
  const found = await Promise.race([Promise.try(run, patient).catch(failure), late]).finally(() => cancel());
  return { name, ...found, took_ms: Math.round(performance.now() - begun) };
}

/** A check that fails tells why: it is part of what is wrong. */
function failure(thrown: unknown): Finding {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return error(`It could not be looked at: ${message}`, "Mend what the message names, and check again.");
}

/** `3 minutes`, `2 days`. @param ms  not negative */
export function lasting(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, "day"],
    [3_600_000, "hour"],
    [60_000, "minute"],
    [1_000, "second"],
  ];
  const [unit = 1_000, name = "second"] = units.find(([length]) => ms >= length) ?? [];
  const count = Math.floor(ms / unit);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
