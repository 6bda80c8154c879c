import type { PeerClock } from "../../outgoing/peer-clocks.ts";
import { dataCheck, error, type Finding, lasting, ok, warning, worst } from "../check.ts";
import { newestStored } from "../newest.ts";

const SECOND = 1_000;
/** How far clocks may differ before it is a warning, and an error, ms. TOTP codes are good for 30 s. */
const WARNING = 5 * SECOND;
const ERROR = 60 * SECOND;

const REMEDY = "Have the clock set by NTP: `timedatectl set-ntp true`, or chrony.";

/** Whether the clock agrees with what is stored, with the database server's, and with those of receivers. */
export const clock = dataCheck("clock", async ({ store }, { clock: mine, peers }) => {
  const found = [behind((await newestStored(store)) - mine.now())];
  const before = mine.now();
  const theirs = await store.time();
  // It was read at some moment in between.
  if (theirs !== undefined) found.push(apart(theirs - (before + mine.now()) / 2));
  const others = amongPeers(await peers());
  if (others) found.push(others);
  return worst(found);
});

/**
 * By the servers that webhooks were sent to. One of them may be wrong: what more than half of them say counts, and is
 * an error only where there are three.
 */
export function amongPeers(peers: readonly PeerClock[]): Finding | undefined {
  const sorted = peers.map(({ ahead }) => ahead).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) return undefined;
  const difference = Math.abs(middle);
  const agree = sorted.filter((ahead) => Math.abs(ahead - middle) < WARNING).length;
  if (difference < WARNING || agree <= sorted.length / 2) return undefined;
  const others = agree === 1 ? "A server" : `${agree} servers`;
  const told =
    `${others} that webhooks were sent to ${agree === 1 ? "has" : "have"} a clock that is ` +
    `${lasting(difference)} ${middle > 0 ? "ahead of" : "behind"} this machine's.`;
  return difference < ERROR || agree < 3 ? warning(told, REMEDY) : error(told, REMEDY);
}

/** @param ms  by which the newest row is later than now */
export function behind(ms: number): Finding {
  if (ms < WARNING) return ok("Nothing stored is from the future.");
  const told =
    `The database holds what was made ${lasting(ms)} from now: ` +
    "the clock is behind, or was ahead when that was made.";
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
