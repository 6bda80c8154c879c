/** The statements of the organisations. */
import { asc, eq } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

export const organisationByCode = statement(({ db, t }, p: Params<{ code: string }>) =>
  db.select().from(t.organisations).where(eq(t.organisations.code, p.code)),
);

export const organisationById = statement(({ db, t }, p: Params<{ id: number }>) =>
  db.select().from(t.organisations).where(eq(t.organisations.id, p.id)),
);

export const allOrganisations = statement(({ db, t }) =>
  db.select().from(t.organisations).orderBy(asc(t.organisations.id)),
);

export const insertOrganisation = statement(
  ({ db, t }, p: Params<{ code: string; name: string; at: number }>) =>
    db
      .insert(t.organisations)
      .values({ code: p.code, name: p.name, createdAt: p.at })
      .returning({ id: t.organisations.id }),
);
