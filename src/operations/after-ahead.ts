/** The statement that has operations begin that a clock which was ahead has left for hours to come. */
import { sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

/** Those that wait, by a time that was said after `future`: they may begin now. */
export const beginNow = statement(({ db, t }, p: Params<{ now: number; future: number }>) =>
  db
    .update(t.operations)
    .set({ leaseUntil: sql`${p.now}` })
    .where(
      sql`status = 'IN_PROGRESS' and runner is null and lease_until > ${p.future}
        and last_updated_at > ${p.future}`,
    ),
);
