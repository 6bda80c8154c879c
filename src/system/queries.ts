/** The statements of what is told of the server itself. */
import { sql } from "drizzle-orm";

import { statement } from "../store/statement.ts";

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
