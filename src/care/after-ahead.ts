/**
 * A clock that was hours ahead when the server ran last has left times by which things wait: a delivery that was to be
 * tried again in five seconds would be in two hours. Before anything is claimed, those are set to what was meant.
 * (Under a server that runs, the dispatcher notices that the clock is set back.)
 */
import { publishNow } from "../channels/after-ahead.ts";
import type { Clock } from "../clock.ts";
import { dueAsMeant } from "../deliveries/after-ahead.ts";
import { newestStored } from "../doctor/newest.ts";
import type { Logger } from "../log.ts";
import { beginNow } from "../operations/after-ahead.ts";
import type { Store } from "../store/store.ts";

/** Less than this, milliseconds, is a clock that is being corrected. */
const LEAST = 60_000;

export async function setRightAfterAhead({
  store,
  clock,
  log,
}: {
  store: Pick<Store, "read" | "write" | "time">;
  clock: Clock;
  log: Pick<Logger, "warn">;
}): Promise<void> {
  // Where several servers share a database it is that one's clock that counts: this one's may be the wrong one.
  const now = Math.round((await store.time()) ?? clock.now());
  const ahead = (await newestStored(store)) - now;
  if (ahead < LEAST) return;
  log.warn("the clock was ahead before this start, or is behind", { seconds: Math.round(ahead / 1_000) });
  const when = { now, future: now + LEAST };
  await store.write(async (tx) => {
    await tx.run(dueAsMeant, when);
    await tx.run(beginNow, when);
    await tx.run(publishNow, when);
  });
}
