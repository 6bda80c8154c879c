/** Holds koppla.yaml against the database, and says in the log what that came to. */
import type { Logger } from "../log.ts";
import type { Provisioning } from "./service.ts";
import { describeStep, type Step } from "./step.ts";
import type { Wishes } from "./wishes.ts";

/** @returns what was done @throws as {@link Provisioning.apply} */
export async function provision(
  { provisioning }: { provisioning: Provisioning },
  wishes: Wishes,
  log: Logger,
): Promise<Step[]> {
  const steps = await provisioning.apply(wishes);
  for (const step of steps) {
    const { kind, name, action } = step;
    log.info("provisioned", { action, kind, name, what: describeStep(step) });
  }
  return steps;
}
