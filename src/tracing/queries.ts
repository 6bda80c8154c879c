/** The statements of the traces. */
import { and, asc, eq, gte, inArray, lt, lte } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

export const putChangeTrace = statement(
  ({ db, t }, p: Params<{ organisationId: number; sequence: number; trace: string; at: number }>) =>
    db
      .insert(t.changeTraces)
      .values({ organisationId: p.organisationId, sequence: p.sequence, trace: p.trace, at: p.at }),
);

/** Of the changes from one sequence to another. */
export const changeTraces = statement(
  ({ db, t }, p: Params<{ organisationId: number; from: number; to: number; limit: number }>) =>
    db
      .select({ sequence: t.changeTraces.sequence, trace: t.changeTraces.trace })
      .from(t.changeTraces)
      .where(
        and(
          eq(t.changeTraces.organisationId, p.organisationId),
          gte(t.changeTraces.sequence, p.from),
          lte(t.changeTraces.sequence, p.to),
        ),
      )
      .orderBy(asc(t.changeTraces.sequence))
      .limit(p.limit),
);

export const putDeliveryTrace = statement(
  ({ db, t }, p: Params<{ deliveryId: string; trace: string; links: string[]; at: number }>) =>
    db
      .insert(t.deliveryTraces)
      .values({ deliveryId: p.deliveryId, trace: p.trace, links: p.links, at: p.at })
      .onConflictDoNothing(),
);

export const deliveryTrace = statement(({ db, t }, p: Params<{ deliveryId: string }>) =>
  db
    .select({ trace: t.deliveryTraces.trace })
    .from(t.deliveryTraces)
    .where(eq(t.deliveryTraces.deliveryId, p.deliveryId)),
);

export const dropChangeTraces = statement(({ db, t }, p: Params<{ before: number; limit: number }>) =>
  db
    .delete(t.changeTraces)
    .where(
      inArray(
        t.changeTraces.at,
        db
          .select({ at: t.changeTraces.at })
          .from(t.changeTraces)
          .where(lt(t.changeTraces.at, p.before))
          .orderBy(asc(t.changeTraces.at))
          .limit(p.limit),
      ),
    )
    .returning({ sequence: t.changeTraces.sequence }),
);

export const dropDeliveryTraces = statement(({ db, t }, p: Params<{ before: number; limit: number }>) =>
  db
    .delete(t.deliveryTraces)
    .where(
      inArray(
        t.deliveryTraces.deliveryId,
        db
          .select({ id: t.deliveryTraces.deliveryId })
          .from(t.deliveryTraces)
          .where(lt(t.deliveryTraces.at, p.before))
          .orderBy(asc(t.deliveryTraces.at))
          .limit(p.limit),
      ),
    )
    .returning({ id: t.deliveryTraces.deliveryId }),
);
