/** The statements of the audit log's copies elsewhere. */
import { eq, sql } from "drizzle-orm";

import { type Params, statement } from "../../store/statement.ts";

/** Where each organisation's chain ends. */
export const chainEnds = statement(({ db, t }) =>
  db
    .select({
      organisationId: t.auditHeads.organisationId,
      sequence: t.auditHeads.sequence,
      pruned: t.auditHeads.prunedSequence,
    })
    .from(t.auditHeads)
    .orderBy(t.auditHeads.organisationId),
);

/** How far a copy is, by organisation. */
export const forwarded = statement(({ db, t }, p: Params<{ target: string }>) =>
  db
    .select({ organisationId: t.auditForwards.organisationId, sequence: t.auditForwards.sequence })
    .from(t.auditForwards)
    .where(eq(t.auditForwards.target, p.target)),
);

export const putForwarded = statement(
  ({ db, t }, p: Params<{ target: string; organisationId: number; sequence: number }>) =>
    db
      .insert(t.auditForwards)
      .values({ target: p.target, organisationId: p.organisationId, sequence: p.sequence })
      .onConflictDoUpdate({
        target: [t.auditForwards.target, t.auditForwards.organisationId],
        set: { sequence: sql`excluded.sequence` },
      }),
);
