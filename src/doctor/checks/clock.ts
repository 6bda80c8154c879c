import { dataCheck, error, type Finding, lasting, ok, warning, worst } from "../check.ts";
import { newestDelivery, newestOperation } from "../queries.ts";

const SECOND = 1_000;
/** How far clocks may differ before it is a warning, and an error, ms. TOTP codes are good for 30 s. */
const WARNING = 5 * SECOND;
const ERROR = 60 * SECOND;

const REMEDY = "Have the clock set by NTP: `timedatectl set-ntp true`, or chrony.";

/** Whether the clock agrees with what is stored, and with the database server's. */
export const clock = dataCheck("clock", async ({ store }, { clock: mine }) => {
  const [[delivery], [operation]] = await store.read((reader) =>
    Promise.all([reader.run(newestDelivery, {}), reader.run(newestOperation, {})]),
  );
  const now = mine.now();
  const newest = Math.max(timeOf(delivery?.id), timeOf(operation?.id));
  const found = [behind(newest - now)];
  const before = mine.now();
  const theirs = await store.time();
  // It was read at some moment in between.
  if (theirs !== undefined) found.push(apart(theirs - (before + mine.now()) / 2));
  return worst(found);
});

/** @param ms  by which the newest row is later than now */
export function behind(ms: number): Finding {
  if (ms < WARNING) return ok("Nothing stored is from the future.");
  const told = `The clock is behind: the database holds what was made ${lasting(ms)} from now.`;
  return ms < ERROR ? warning(told, REMEDY) : error(told, REMEDY);
}

/** @param ms  by which the database server's clock is ahead of this one's */
export function apart(ms: number): Finding {
  const difference = Math.abs(ms);
  if (difference < WARNING) return ok("The database server's clock agrees.");
  const which = ms > 0 ? "ahead of" : "behind";
  const told = `The database server's clock is ${lasting(difference)} ${which} this machine's.`;
  return difference < ERROR ? warning(told, REMEDY) : error(told, REMEDY);
}

/** The time in a UUIDv7 (RFC 9562, 5.7), or in the id of a delivery, ms since 1970; 0: there is none. */
export function timeOf(id: string | null | undefined): number {
  const hex = (id ?? "").replace(/^msg_/, "").replaceAll("-", "").slice(0, 12);
  return /^[0-9a-f]{12}$/.test(hex) ? Number.parseInt(hex, 16) : 0;
}
