/** The checks of a server that runs. Who asks while they run waits for the same ones. */
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import type { TargetGuard } from "../outgoing/guard.ts";
import type { PeerClocks } from "../outgoing/peer-clocks.ts";
import type { CheckResult, PatientData } from "./check.ts";

export interface DoctorCollaborators extends PatientData {
  config: Config;
  clock: Clock;
  guard: TargetGuard;
  peerClocks: Pick<PeerClocks, "all">;
}

export class Doctor {
  readonly #o: DoctorCollaborators;
  #running: Promise<CheckResult[]> | undefined;

  constructor(collaborators: DoctorCollaborators) {
    this.#o = collaborators;
  }

  run(): Promise<CheckResult[]> {
    this.#running ??= this.#examine().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #examine(): Promise<CheckResult[]> {
    const { config, clock, guard, peerClocks, ...data } = this.#o;
    const peers = async () => peerClocks.all;
    // Loaded when somebody asks: no start has to wait for it.
    const [{ runChecks }, { allChecks }] = await Promise.all([import("./check.ts"), import("./checks.ts")]);
    return await runChecks(allChecks, { config, clock, guard, data, peers });
  }
}
