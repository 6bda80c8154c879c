/** The checks of a server that runs. Who asks while they run waits for the same ones. */
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import type { TargetGuard } from "../outgoing/guard.ts";
import { type CheckResult, type PatientData, runChecks } from "./check.ts";
import { allChecks } from "./checks.ts";

export class Doctor {
  readonly #o: PatientData & { config: Config; clock: Clock; guard: TargetGuard };
  #running: Promise<CheckResult[]> | undefined;

  constructor(collaborators: PatientData & { config: Config; clock: Clock; guard: TargetGuard }) {
    this.#o = collaborators;
  }

  run(): Promise<CheckResult[]> {
    const { config, clock, guard, ...data } = this.#o;
    this.#running ??= runChecks(allChecks, { config, clock, guard, data }).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
