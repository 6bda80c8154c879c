/** The statements of what is told of the server itself. */
import { and, desc, eq, isNotNull, sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

/** The migrations of the database, oldest first. (The migrator's own table, which the schema does not have.) */
export const appliedMigrations = statement(({ db }) =>
  db
    .select({
      name: sql<string>`name`,
      appliedAt: sql<number>`applied_at`.mapWith(Number),
    })
    .from(sql`koppla_migrations`)
    .orderBy(sql`name`),
);

/** The newest run of one of Koppla's chores that has ended: they are the first organisation's operations. */
export const lastEnded = statement(({ db, t: { operations: o } }, p: Params<{ kind: string }>) =>
  db
    .select({ status: o.status, message: o.message, completedAt: o.completedAt })
    .from(o)
    .where(
      and(
        sql`${o.organisationId} = (select min(id) from organisations)`,
        eq(o.kind, p.kind),
        isNotNull(o.completedAt),
      ),
    )
    .orderBy(desc(o.id))
    .limit(1),
);
