/** The statements of the organisations. */
import { asc, eq, gt } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export type OrganisationRow = Tables["organisations"]["$inferSelect"];

export const organisationByCode = statement(({ db, t }, p: Params<{ code: string }>) =>
  db.select().from(t.organisations).where(eq(t.organisations.code, p.code)),
);

export const organisationById = statement(({ db, t }, p: Params<{ id: number }>) =>
  db.select().from(t.organisations).where(eq(t.organisations.id, p.id)),
);

export const allOrganisations = statement(({ db, t }) =>
  db.select().from(t.organisations).orderBy(asc(t.organisations.id)),
);

/** In order of their making. */
export const organisationsAfter = statement(({ db, t }, p: Params<{ id: number; limit: number }>) =>
  db
    .select()
    .from(t.organisations)
    .where(gt(t.organisations.id, p.id))
    .orderBy(asc(t.organisations.id))
    .limit(p.limit),
);

export function insertOrganisation(row: Omit<OrganisationRow, "id">) {
  return ({ db, t }: Room) => db.insert(t.organisations).values(row).returning({ id: t.organisations.id });
}

export function updateOrganisation(id: number, columns: Partial<OrganisationRow>) {
  return ({ db, t }: Room) =>
    db.update(t.organisations).set(columns).where(eq(t.organisations.id, id)).returning();
}
