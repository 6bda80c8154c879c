/** How many records a type has, about: it decides which way to a page is quicker, and nothing else. */
import { and, count, eq } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";
import type { AsideReader, Store } from "../store/store.ts";

/** How long it is believed, ms. */
const BELIEVED = 10 * 60_000;

const known = new WeakMap<Store, Map<string, { rows: number; until: number }>>();

export async function rowsAbout(
  store: Store,
  reader: AsideReader,
  place: { organisationId: number; type: string },
): Promise<number> {
  let types = known.get(store);
  if (!types) known.set(store, (types = new Map()));
  const name = `${place.organisationId}/${place.type}`;
  const now = performance.now();
  const about = types.get(name);
  if (about && about.until > now) return about.rows;
  const [row] = await reader.runLong(place.organisationId, countType, place);
  const rows = row?.rows ?? 0;
  types.set(name, { rows, until: now + BELIEVED });
  return rows;
}

const countType = statement(
  ({ db, t: { records: r } }, p: Params<{ organisationId: number; type: string }>) =>
    db
      .select({ rows: count() })
      .from(r)
      .where(and(eq(r.organisationId, p.organisationId), eq(r.type, p.type))),
);
