/**
 * Takes what was told of an object out of the log, where somebody must be forgotten: that it changed stays, what it said
 * goes. The one case in which a delivery changes after it was made.
 */
import { eq } from "drizzle-orm";

import type { Room } from "../store/statement.ts";
import type { Store } from "../store/store.ts";
import { deliveryById } from "./log-queries.ts";
import type { DeliveryLog } from "./log.ts";
import { partsOf, withoutData } from "./parts.ts";

export interface Erased {
  organisationId: number;
  object: string;
  key: string;
  /** When the object was made, milliseconds since 1970: deliveries before are not looked at. */
  since: number;
}

const PAGE = 100;

function setBody(id: string, body: string) {
  return ({ db, t }: Room) => db.update(t.deliveries).set({ body }).where(eq(t.deliveries.id, id));
}

/** @returns in how many deliveries something was told */
export async function eraseFromLog(
  { store, deliveryLog }: { store: Store; deliveryLog: Pick<DeliveryLog, "pages"> },
  { organisationId, object, key, since }: Erased,
): Promise<number> {
  const next = deliveryLog.pages(organisationId, { object, objectId: key, since }, PAGE);
  let count = 0;
  for (let page = await next(); page.length > 0; page = await next()) {
    for (const { id } of page) {
      const erased = await store.write(async (tx) => {
        const [row] = await tx.run(deliveryById, { id });
        if (!row) return false;
        const body = bodyWithout(row.body, object, key);
        if (body !== row.body) await tx.query(setBody(id, body));
        return body !== row.body;
      });
      if (erased) count++;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return count;
}

function bodyWithout(whole: string, object: string, key: string): string {
  const { list, body } = partsOf(whole);
  const isMeant = (part: (typeof list)[number]) =>
    part.object === object && String(part.id) === key && part.fields.length > 0;
  if (!list.some(isMeant)) return whole;
  return body(list.map((part) => (isMeant(part) ? withoutData(part.text) : part.text)));
}
