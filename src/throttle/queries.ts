/** The statements of the throttle. */
import { eq, sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

export const throttleOf = statement(({ db, t }, p: Params<{ key: string }>) =>
  db
    .select({
      failures: t.throttles.failures,
      blockedUntil: t.throttles.blockedUntil,
      expiresAt: t.throttles.expiresAt,
    })
    .from(t.throttles)
    .where(eq(t.throttles.key, p.key)),
);

interface Failures {
  key: string;
  count: number;
  now: number;
  expiresAt: number;
}

/** Adds to a key's failures, of which it forgets those that are too old. @returns the new count */
export const addFailures = statement(({ db, t }, p: Params<Failures>) =>
  db
    .insert(t.throttles)
    .values({ key: p.key, failures: p.count, blockedUntil: 0, expiresAt: p.expiresAt })
    .onConflictDoUpdate({
      target: t.throttles.key,
      set: {
        failures: sql`excluded.failures + case when ${t.throttles.expiresAt} > ${p.now} then ${t.throttles.failures} else 0 end`,
        expiresAt: sql`excluded.expires_at`,
      },
    })
    .returning({ failures: t.throttles.failures }),
);

export const blockKey = statement(
  ({ db, t }, p: Params<{ key: string; blockedUntil: number; expiresAt: number }>) =>
    db
      .update(t.throttles)
      .set({ blockedUntil: sql`${p.blockedUntil}`, expiresAt: sql`${p.expiresAt}` })
      .where(eq(t.throttles.key, p.key)),
);

export const forgetKey = statement(({ db, t }, p: Params<{ key: string }>) =>
  db.delete(t.throttles).where(eq(t.throttles.key, p.key)),
);

/** Removes at most `limit` of those that are forgotten, leaving out what another transaction holds. */
export const forgetExpired = statement(({ db, t, skipLocked }, p: Params<{ now: number; limit: number }>) =>
  db
    .delete(t.throttles)
    .where(
      sql`${t.throttles.key} in (select key from throttles where expires_at <= ${p.now} order by expires_at limit ${p.limit}${skipLocked})`,
    ),
);
