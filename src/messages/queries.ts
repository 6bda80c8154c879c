/** The statements of web messages. */
import { and, asc, desc, eq, getTableColumns, gt, inArray, lt } from "drizzle-orm";

import { type Params, type Room, statement } from "../store/statement.ts";
import type { MessageRow } from "./message.ts";

export const insertMessage = statement(({ db, t }, p: Params<MessageRow>) =>
  db.insert(t.messages).values({
    id: p.id,
    organisationId: p.organisationId,
    partyKey: p.partyKey,
    partyId: p.partyId,
    message: p.message,
    externalReferences: p.externalReferences,
    attachments: p.attachments,
    instance: p.instance,
    senderUserId: p.senderUserId,
    hidden: p.hidden,
    createdAt: p.createdAt,
    subject: p.subject,
    actor: p.actor,
  }),
);

interface ReferenceRow {
  organisationId: number;
  key: string;
  value: string;
  messageId: string;
}

export const insertReference = statement(({ db, t }, p: Params<ReferenceRow>) =>
  db.insert(t.messageReferences).values({
    organisationId: p.organisationId,
    key: p.key,
    value: p.value,
    messageId: p.messageId,
  }),
);

/** Also one that is hidden. */
export const findMessage = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.select().from(t.messages).where(eq(t.messages.id, p.id)),
);

export const showMessage = statement(({ db, t }, p: Params<{ id: string }>) =>
  db
    .update(t.messages)
    .set({ hidden: false })
    .where(and(eq(t.messages.id, p.id), eq(t.messages.hidden, true)))
    .returning({
      organisationId: t.messages.organisationId,
      subject: t.messages.subject,
      actor: t.messages.actor,
    }),
);

interface PageOf {
  organisationId: number;
  /** The last id of the page before; empty at first. */
  after: string;
  limit: number;
}

/** One range of `messages_by_party`. */
export const messagesOfParty = statement(({ db, t }, p: Params<PageOf & { partyKey: string }>) =>
  db
    .select()
    .from(t.messages)
    .where(
      and(
        eq(t.messages.organisationId, p.organisationId),
        eq(t.messages.partyKey, p.partyKey),
        gt(t.messages.id, p.after),
      ),
    )
    .orderBy(asc(t.messages.id))
    .limit(p.limit),
);

interface NewestOf {
  organisationId: number;
  /** The last id of the page before; above every id at first. */
  before: string;
  limit: number;
}

/** One range of `messages_by_organisation`, backwards. */
export const newestMessages = statement(({ db, t }, p: Params<NewestOf>) =>
  db
    .select()
    .from(t.messages)
    .where(
      and(
        eq(t.messages.organisationId, p.organisationId),
        lt(t.messages.id, p.before),
        eq(t.messages.hidden, false),
      ),
    )
    .orderBy(desc(t.messages.id))
    .limit(p.limit),
);

/** One range of `messages_by_party`, backwards. */
export const newestOfParty = statement(({ db, t }, p: Params<NewestOf & { partyKey: string }>) =>
  db
    .select()
    .from(t.messages)
    .where(
      and(
        eq(t.messages.organisationId, p.organisationId),
        eq(t.messages.partyKey, p.partyKey),
        lt(t.messages.id, p.before),
        eq(t.messages.hidden, false),
      ),
    )
    .orderBy(desc(t.messages.id))
    .limit(p.limit),
);

/** One range of the references' primary key, backwards. */
export const newestOfReference = statement(
  ({ db, t }, p: Params<NewestOf & { key: string; value: string }>) =>
    db
      .select(getTableColumns(t.messages))
      .from(t.messageReferences)
      .innerJoin(
        t.messages,
        and(eq(t.messages.id, t.messageReferences.messageId), eq(t.messages.hidden, false)),
      )
      .where(
        and(
          eq(t.messageReferences.organisationId, p.organisationId),
          eq(t.messageReferences.key, p.key),
          eq(t.messageReferences.value, p.value),
          lt(t.messageReferences.messageId, p.before),
        ),
      )
      .orderBy(desc(t.messageReferences.messageId))
      .limit(p.limit),
);

/** Some that are shown, without what they say: for their removal. */
export const messageIdsOfParty = statement(
  ({ db, t }, p: Params<{ organisationId: number; partyKey: string; limit: number }>) =>
    db
      .select({ id: t.messages.id })
      .from(t.messages)
      .where(
        and(
          eq(t.messages.organisationId, p.organisationId),
          eq(t.messages.partyKey, p.partyKey),
          eq(t.messages.hidden, false),
        ),
      )
      .orderBy(asc(t.messages.id))
      .limit(p.limit),
);

/** The ids of one range of the references' primary key. */
export const messagesOfReference = statement(
  ({ db, t }, p: Params<PageOf & { key: string; value: string }>) =>
    db
      .select({ messageId: t.messageReferences.messageId })
      .from(t.messageReferences)
      .where(
        and(
          eq(t.messageReferences.organisationId, p.organisationId),
          eq(t.messageReferences.key, p.key),
          eq(t.messageReferences.value, p.value),
          gt(t.messageReferences.messageId, p.after),
        ),
      )
      .orderBy(asc(t.messageReferences.messageId))
      .limit(p.limit),
);

/** The oldest of an organisation with ids below one, hidden or not. */
export const oldestMessages = statement(
  ({ db, t }, p: Params<{ organisationId: number; before: string; limit: number }>) =>
    db
      .select({ id: t.messages.id })
      .from(t.messages)
      .where(and(eq(t.messages.organisationId, p.organisationId), lt(t.messages.id, p.before)))
      .orderBy(asc(t.messages.id))
      .limit(p.limit),
);

/** When the oldest message of an organisation was made. */
export const oldestMessage = statement(({ db, t }, p: Params<{ organisationId: number }>) =>
  db
    .select({ createdAt: t.messages.createdAt })
    .from(t.messages)
    .where(eq(t.messages.organisationId, p.organisationId))
    .orderBy(asc(t.messages.id))
    .limit(1),
);

/** Removes messages; what else there is of them goes by what is returned. */
export function removeMessages(organisationId: number, ids: readonly string[], hidden: boolean | undefined) {
  return ({ db, t }: Room) =>
    db
      .delete(t.messages)
      .where(
        and(
          inArray(t.messages.id, [...ids]),
          eq(t.messages.organisationId, organisationId),
          hidden === undefined ? undefined : eq(t.messages.hidden, hidden),
        ),
      )
      .returning({
        id: t.messages.id,
        hidden: t.messages.hidden,
        externalReferences: t.messages.externalReferences,
        attachments: t.messages.attachments,
      });
}

export const removeReference = statement(({ db, t }, p: Params<ReferenceRow>) =>
  db
    .delete(t.messageReferences)
    .where(
      and(
        eq(t.messageReferences.organisationId, p.organisationId),
        eq(t.messageReferences.key, p.key),
        eq(t.messageReferences.value, p.value),
        eq(t.messageReferences.messageId, p.messageId),
      ),
    ),
);
