/** The statement that sets an account's codes right after a clock that was wrong. */
import { and, eq, sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

interface CodesSetRight {
  id: string;
  /** What was found: another server may have been quicker. */
  step: number;
  lockedUntil: number;
  toStep: number;
  toLockedUntil: number;
}

export const setCodesRight = statement(({ db, t }, p: Params<CodesSetRight>) =>
  db
    .update(t.accounts)
    .set({ totpStep: sql`${p.toStep}`, totpLockedUntil: sql`${p.toLockedUntil}` })
    .where(
      and(
        eq(t.accounts.id, p.id),
        eq(t.accounts.totpStep, p.step),
        eq(t.accounts.totpLockedUntil, p.lockedUntil),
      ),
    ),
);
