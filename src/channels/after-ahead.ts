/** The statement that has publications tried that a clock which was ahead has left for hours to come. */
import { sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

/** When what is due was said last: by its last try, or when it was made. */
const saidAt = sql`coalesce((select max(at) from publication_attempts where publication_id = publications.id),
  publications.created_at)`;

/** Those that wait, by a time that was said after `future`: they are due now. */
export const publishNow = statement(({ db, t }, p: Params<{ now: number; future: number }>) =>
  db
    .update(t.publications)
    .set({ nextAttemptAt: sql`${p.now}` })
    .where(
      sql`next_attempt_at is not null and next_attempt_at > ${p.future} and state = 'pending' and run is null
        and ${saidAt} > ${p.future}`,
    ),
);
