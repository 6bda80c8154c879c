/** The checks of a server that runs. Who asks while they run waits for the same ones. */
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import type { TargetGuard } from "../outgoing/guard.ts";
import type { CheckResult, PatientData } from "./check.ts";

export class Doctor {
  readonly #o: PatientData & { config: Config; clock: Clock; guard: TargetGuard };
  #running: Promise<CheckResult[]> | undefined;

  constructor(collaborators: PatientData & { config: Config; clock: Clock; guard: TargetGuard }) {
    this.#o = collaborators;
  }

  run(): Promise<CheckResult[]> {
    this.#running ??= this.#examine().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #examine(): Promise<CheckResult[]> {
    const { config, clock, guard, ...data } = this.#o;
    // Loaded when somebody asks: no start has to wait for it.
    const [{ runChecks }, { allChecks }] = await Promise.all([import("./check.ts"), import("./checks.ts")]);
    return await runChecks(allChecks, { config, clock, guard, data });
  }
}
