/** Web messages: stored with their change, published where a channel wants them, found, removed. */
import type { Organisation, Principal } from "../accounts/principal.ts";
import { actorName, subjectName } from "../accounts/principal.ts";
import type { BlobStore } from "../blobs/store.ts";
import type { BlobWriter } from "../blobs/writer.ts";
import type { ChangeFeed, ChangeRow } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import type { OrganisationService } from "../organisations/service.ts";
import type { Also, Reader, Store, Transaction } from "../store/store.ts";
import { isIndexed, type MessageRow, type NewMessage, type Reference, type WebMessage } from "./message.ts";
import type { Parties } from "./parties.ts";
import type { ChannelMessage, MessageHost, PublishPlan, Publisher } from "./publisher.ts";
import {
  findMessage,
  insertMessage,
  insertReference,
  messageIdsOfParty,
  messagesOfParty,
  messagesOfReference,
  newestMessages,
  newestOfParty,
  newestOfReference,
  removeMessages,
  removeReference,
  showMessage,
} from "./queries.ts";
import { messageSummary } from "./wire.ts";

export interface MessageCollaborators {
  store: Store;
  clock: Clock;
  feed: ChangeFeed;
  blobs: BlobStore;
  parties: Parties;
  organisations: Pick<OrganisationService, "byId">;
  publisher: Publisher;
}

/** Who does something, as messages and changes have it. */
export interface MessageAuthor {
  organisationId: number;
  subject: string | null;
  actor: string | null;
}

/** A list in the order of creation, a page at a time; an empty page is its end. */
export type Pages = () => Promise<readonly WebMessage[]>;

/** Which messages are listed; nothing: all of an organisation. */
export interface Listed {
  partyId?: string | undefined;
  reference?: Reference | undefined;
}

/** Above every id. */
const ABOVE_ALL = "g";

/** Messages of a page that is read in one go. */
const PAGE = 100;

export class MessageService implements MessageHost {
  readonly #o: MessageCollaborators;

  constructor(collaborators: MessageCollaborators) {
    this.#o = collaborators;
  }

  /** What channels make of a message that is to be created; nothing is stored or sent. */
  plan(organisation: Organisation, message: Pick<NewMessage, "message" | "references" | "instance">) {
    const { message: text = "", references, instance } = message;
    return this.#o.publisher.plan({ organisation, message: text, references, instance });
  }

  /**
   * Stores a message and has it published as planned.
   * @param writers  of its attachments, in their order, each drained
   * @param also  what else belongs to the same transaction
   * @returns its id
   * @throws PublishRefused when a channel that the answer waits for did not take it; it is not stored then
   */
  async create(
    principal: Principal,
    message: NewMessage,
    { plan, writers, also }: { plan: PublishPlan; writers: readonly BlobWriter[]; also?: Also<string> },
  ): Promise<string> {
    const { store, clock, parties, publisher, feed } = this.#o;
    const organisationId = principal.organisation.id;
    const createdAt = clock.now();
    const id = Bun.randomUUIDv7("hex", createdAt);
    const by = { organisationId, subject: subjectName(principal), actor: actorName(principal) };
    const row: MessageRow = {
      ...{ id, ...by, createdAt, hidden: plan.waits, message: message.message ?? null },
      ...parties.stored(message.partyId, { id, organisationId }),
      externalReferences: [...message.references],
      attachments: [...message.attachments],
      instance: message.instance,
      senderUserId: message.senderUserId,
    };
    const indexed = message.references.filter(isIndexed);
    await store.write(async (tx) => {
      await Promise.all([
        tx.run(insertMessage, row),
        ...indexed.map((one) => tx.run(insertReference, referenceRow(row, one))),
        ...writers.map((writer) => writer.settle(tx)),
      ]);
      await publisher.record(tx, plan, id);
      if (!plan.waits) {
        feed.recordOwn(tx, by, { topic: "WebMessages.Create", action: "create", key: id, at: createdAt });
      }
      await also?.(tx, id);
    });
    await publisher.publish(plan, id);
    return id;
  }

  /** Undefined: there is none, or it is none of the organisation's. */
  async find(organisationId: number, id: string): Promise<WebMessage | undefined> {
    const [row] = await this.#o.store.read((reader) => reader.run(findMessage, { id: id.toLowerCase() }));
    return row && row.organisationId === organisationId && !row.hidden ? this.#shown(row) : undefined;
  }

  byParty(organisationId: number, partyId: string): Pages {
    const keys = this.#o.parties.keys(organisationId, partyId);
    return this.#pages(async (reader, page) => {
      const found = await Promise.all(
        keys.map((partyKey) => reader.run(messagesOfParty, { organisationId, partyKey, ...page })),
      );
      return found
        .flat()
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, page.limit);
    });
  }

  /** The ids of some of a party's messages. */
  async idsOfParty(organisationId: number, partyId: string, limit: number): Promise<string[]> {
    const rows = await this.#o.store.read((reader) =>
      Promise.all(
        this.#o.parties
          .keys(organisationId, partyId)
          .map((partyKey) => reader.run(messageIdsOfParty, { organisationId, partyKey, limit })),
      ),
    );
    return rows
      .flat()
      .slice(0, limit)
      .map(({ id }) => id);
  }

  byReference(organisationId: number, { key, value }: Reference): Pages {
    return this.#pages(async (reader, page) => {
      const ids = await reader.run(messagesOfReference, { organisationId, key, value, ...page });
      const rows = await Promise.all(ids.map(({ messageId }) => reader.run(findMessage, { id: messageId })));
      return rows.flat();
    });
  }

  /**
   * The newest first.
   * @param page.before  the last id of the page before
   */
  async newest(
    organisationId: number,
    { partyId, reference }: Listed,
    { before = ABOVE_ALL, limit }: { before?: string | undefined; limit: number },
  ): Promise<WebMessage[]> {
    const page = { organisationId, before, limit };
    const keys = partyId === undefined ? [] : this.#o.parties.keys(organisationId, partyId);
    const rows = await this.#o.store.read(async (reader): Promise<MessageRow[]> => {
      if (reference) return await reader.run(newestOfReference, { ...page, ...reference });
      if (keys.length === 0) return await reader.run(newestMessages, page);
      const found = await Promise.all(
        keys.map((partyKey) => reader.run(newestOfParty, { ...page, partyKey })),
      );
      return found.flat().sort((a, b) => (a.id < b.id ? 1 : -1));
    });
    return rows.slice(0, limit).map((row) => this.#shown(row));
  }

  #pages(next: (reader: Reader, page: { after: string; limit: number }) => Promise<MessageRow[]>): Pages {
    let after: string | undefined = "";
    return async () => {
      while (after !== undefined) {
        const page = { after, limit: PAGE };
        const rows = await this.#o.store.read((reader) => next(reader, page));
        after = rows.length < PAGE ? undefined : rows.at(-1)?.id;
        const shown = rows.filter(({ hidden }) => !hidden);
        if (shown.length > 0) return shown.map((row) => this.#shown(row));
      }
      return [];
    };
  }

  /** The bytes of an attachment. @throws BlobGone */
  bytes(blob: string, from?: number, to?: number): AsyncGenerator<Uint8Array> {
    return this.#o.blobs.read(blob, from, to);
  }

  /** @returns whether it was there */
  async remove(by: MessageAuthor, id: string): Promise<boolean> {
    const removed = await this.#o.store.write((tx) => this.removeMany(tx, by, [id.toLowerCase()]));
    return removed > 0;
  }

  /**
   * Removes messages with all that there is of them, and tells of each. Hidden ones only where it is said: somebody
   * waits for what becomes of them.
   * @returns how many there were
   */
  async removeMany(
    tx: Transaction,
    by: MessageAuthor,
    ids: readonly string[],
    hidden: false | undefined = false,
  ): Promise<number> {
    const { organisationId } = by;
    const gone = await tx.query(removeMessages(organisationId, ids, hidden));
    await this.#forget(tx, organisationId, gone);
    const at = this.#o.clock.now();
    for (const one of gone) {
      if (one.hidden) continue;
      const change = { topic: "WebMessages.Destroy", action: "destroy", key: one.id, at } as const;
      this.#o.feed.recordOwn(tx, by, change);
    }
    return gone.length;
  }

  async #forget(
    tx: Transaction,
    organisationId: number,
    gone: readonly Pick<MessageRow, "id" | "externalReferences" | "attachments">[],
  ): Promise<void> {
    if (gone.length === 0) return;
    const { blobs, publisher } = this.#o;
    await Promise.all(
      gone.flatMap(({ id, externalReferences }) =>
        externalReferences
          .filter(isIndexed)
          .map((one) => tx.run(removeReference, referenceRow({ id, organisationId }, one))),
      ),
    );
    await blobs.drop(
      tx,
      gone.flatMap(({ attachments }) => attachments.map(({ blob }) => blob)),
    );
    await publisher.forget(
      tx,
      gone.map(({ id }) => id),
    );
  }

  async load(messageId: string): Promise<ChannelMessage | undefined> {
    const { store, organisations } = this.#o;
    const [row] = await store.read((reader) => reader.run(findMessage, { id: messageId }));
    const organisation = row && (await organisations.byId(row.organisationId));
    if (!row || !organisation) return undefined;
    const { id, partyId, message, references, attachments, createdAt } = this.#shown(row);
    return {
      ...{ id, organisation, partyId, message: message ?? "", references, createdAt },
      ...{ instance: row.instance, senderUserId: row.senderUserId },
      attachments: attachments.map(({ fileName, mimeType, size, blob }) => {
        return { fileName, mimeType, size, read: () => this.bytes(blob) };
      }),
    };
  }

  /** What events with the payload `full` have of a message; undefined: it is none, or not there (any more). */
  async told(
    reader: Reader,
    { object, key: id, organisationId }: Pick<ChangeRow, "object" | "key" | "organisationId">,
  ): Promise<string | undefined> {
    if (object !== "webmessage") return undefined;
    const [row] = await reader.run(findMessage, { id });
    return row && row.organisationId === organisationId && !row.hidden
      ? messageSummary(this.#shown(row))
      : undefined;
  }

  async show(tx: Transaction, messageId: string): Promise<void> {
    const [shown] = await tx.run(showMessage, { id: messageId });
    if (!shown) return;
    const at = this.#o.clock.now();
    this.#o.feed.recordOwn(tx, shown, { topic: "WebMessages.Create", action: "create", key: messageId, at });
  }

  async discard(tx: Transaction, messageId: string): Promise<void> {
    const [row] = await tx.run(findMessage, { id: messageId });
    if (!row) return;
    if (!row.hidden) {
      await this.removeMany(tx, row, [messageId]);
      return;
    }
    const gone = await tx.query(removeMessages(row.organisationId, [messageId], true));
    await this.#forget(tx, row.organisationId, gone);
  }

  #shown(row: MessageRow): WebMessage {
    const { id, organisationId, message, externalReferences, attachments, createdAt, subject } = row;
    const partyId = this.#o.parties.shown(row);
    return {
      ...{ id, organisationId, partyId, message: message ?? undefined, createdAt, subject },
      ...{ references: externalReferences, attachments },
    };
  }
}

function referenceRow(
  { id, organisationId }: { id: string; organisationId: number },
  { key, value }: Reference,
): { organisationId: number; key: string; value: string; messageId: string } {
  return { organisationId, key, value, messageId: id };
}
