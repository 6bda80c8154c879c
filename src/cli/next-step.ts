/** What to do next, behind an error that does not say so itself. */
import type { Problem } from "../problem.ts";

const steps: readonly [RegExp, string][] = [
  [/^There is no organisation /, "`koppla organisation list` shows those that there are."],
  [/^There is no account /, "`koppla account list --org CODE` shows those that there are."],
  [/^There is no receiver /, "`koppla receiver list --org CODE` shows those that there are."],
  [/^There is no (such )?user/, "`koppla user list --org CODE` shows those that there are."],
  [/^There is no operation /, "`koppla operation list --org CODE` shows the newest."],
  [/^No server runs /, "`koppla serve` starts one; `systemctl status koppla` tells of the service."],
];

/** @returns undefined where the error says all that is to be said */
export function nextStep({ message }: Problem): string | undefined {
  return steps.find(([pattern]) => pattern.test(message))?.[1];
}
