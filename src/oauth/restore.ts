/**
 * After a backup was restored, one-time codes would run backwards: those used since the backup would be good again,
 * as long as they are shown. So at every start all codes up to now count as used.
 */
import type { Clock } from "../clock.ts";
import type { Store } from "../store/store.ts";
import { stepAt } from "../totp/totp.ts";
import { raiseAccountSteps, raiseUserSteps } from "./queries.ts";

export async function useUpCodes(store: Store, clock: Clock): Promise<void> {
  const step = stepAt(clock.now());
  await store.write(async (tx) => {
    await tx.run(raiseAccountSteps, { step });
    await tx.run(raiseUserSteps, { step });
  });
}
