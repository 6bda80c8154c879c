/** The statement that sets a person's codes right after a clock that was wrong. */
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

export const setUserCodesRight = statement(({ db, t }, p: Params<CodesSetRight>) =>
  db
    .update(t.users)
    .set({ totpStep: sql`${p.toStep}`, totpLockedUntil: sql`${p.toLockedUntil}` })
    .where(
      and(eq(t.users.id, p.id), eq(t.users.totpStep, p.step), eq(t.users.totpLockedUntil, p.lockedUntil)),
    ),
);
