import { dataCheck, error, type Finding, lasting, ok, warning } from "../check.ts";
import { oldestDue } from "../queries.ts";

const MINUTE = 60_000;
const WARNING = 5 * MINUTE;
const ERROR = 60 * MINUTE;

/** Whether what is due is sent. What waits for receivers that fail or are disabled is not meant. */
export const queue = dataCheck("queue", async ({ store }, { clock }) => {
  const now = clock.now();
  const [row] = await store.readAside((reader) => reader.run(oldestDue, { now }));
  return judgeDue(row?.at === undefined || row.at === null ? undefined : now - row.at);
});

/** @param age  how long the delivery has been due that is due the longest, ms; undefined: there is none */
export function judgeDue(age: number | undefined): Finding {
  if (age === undefined || age < WARNING) return ok("Deliveries are sent when they are due.");
  const told = `A delivery has been due for ${lasting(age)}, of a receiver that does not fail.`;
  const remedy =
    "See that `koppla serve` runs and is not busy; its log tells of deliveries that could not be claimed.";
  return age < ERROR ? warning(told, remedy) : error(told, remedy);
}
