/**
 * What a backup that was restored must not bring back.
 *
 * After a backup was restored, one-time codes would run backwards: those used since the backup would be good again,
 * as long as they are shown. So at every start all codes up to now count as used.
 */
import { isNull } from "drizzle-orm";

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

/**
 * Ends whatever somebody had logged in with: what was revoked since the backup, used up or rotated away, would be good
 * again. API tokens, passwords and grants stay as they were at the time of the backup.
 */
export async function endLogins(store: Store): Promise<void> {
  await store.write(async (tx) => {
    await tx.query(({ db, t }) => db.delete(t.authorizationCodes));
    await tx.query(({ db, t }) => db.delete(t.accessTokens));
    await tx.query(({ db, t }) => db.delete(t.refreshTokens));
    await tx.query(({ db, t }) => db.delete(t.sessions));
    await tx.query(({ db, t }) => db.delete(t.loginKeys).where(isNull(t.loginKeys.usedAt)));
  });
}
