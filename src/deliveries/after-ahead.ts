/** The statement that has deliveries due as they were meant to be, after a clock that was ahead. */
import { sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

/** When what is due was said last: by its last attempt, or when it was made. */
const saidAt = sql`coalesce((select max(at) from attempts where delivery_id = deliveries.id), deliveries.created_at)`;

/**
 * What waits by a time that was said after `future`: so much later than now as it was then. What waits by a right
 * clock stays. Looks at the attempts of every delivery that waits that long.
 */
export const dueAsMeant = statement(({ db, t }, p: Params<{ now: number; future: number }>) =>
  db
    .update(t.deliveries)
    .set({ nextAttemptAt: sql`${p.now} + next_attempt_at - ${saidAt}` })
    .where(
      sql`next_attempt_at is not null and next_attempt_at > ${p.future}
        and status in ('pending', 'retrying') and ${saidAt} > ${p.future}`,
    ),
);
