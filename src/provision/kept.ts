/** What koppla.yaml keeps is changed there alone. */
import { Problem } from "../problem.ts";

/** Of a new row that is not from koppla.yaml. */
export const notKept = { provisioned: false, secretProvisioned: false } as const;

/** What the API token that stands in koppla.yaml is labelled. */
export const KEPT_TOKEN = "koppla.yaml";

/** Why a receiver is disabled that was taken out of koppla.yaml: put back, it is enabled again. */
export const NO_LONGER_KEPT = "It was taken out of koppla.yaml.";

/** @throws Problem `conflict` for what koppla.yaml keeps */
export function refuseKept({ provisioned }: { provisioned: boolean }): void {
  if (provisioned) throw kept();
}

/** @throws Problem `conflict` for what has its password or secret from koppla.yaml */
export function refuseKeptSecret({ secretProvisioned }: { secretProvisioned: boolean }): void {
  if (secretProvisioned) throw kept();
}

export function kept(): Problem {
  return new Problem("conflict", "It is kept by koppla.yaml: change it there.");
}
