/**
 * What a person may ask for (GDPR, articles 15, 17 and 20): all messages of one party as a file, and the removal of all
 * of them. Both are operations, and both stand in the audit log.
 */
import type { Author } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { BlobRow } from "../blobs/queries.ts";
import { BlobGone, type BlobStore } from "../blobs/store.ts";
import type { Clock } from "../clock.ts";
import { eraseFromLog } from "../deliveries/erase.ts";
import type { DeliveryLog } from "../deliveries/log.ts";
import type { OperationContext, OperationOutcome, ShownOperation } from "../operations/operation.ts";
import type { OperationService } from "../operations/service.ts";
import { Problem } from "../problem.ts";
import type { Store } from "../store/store.ts";
import type { Parties } from "./parties.ts";
import { CHUNK } from "./retention.ts";
import type { MessageService } from "./service.ts";
import { messageJson } from "./wire.ts";

export const EXPORT_PARTY = "webmessages.export_party";
export const ERASE_PARTY = "webmessages.erase_party";

/** How long an export can be fetched. */
const EXPORT_LIFE = 7 * 24 * 3_600_000;

export interface PartyCollaborators {
  store: Store;
  clock: Clock;
  audit: AuditLog;
  blobs: BlobStore;
  parties: Parties;
  messages: MessageService;
  operations: OperationService;
  deliveryLog: DeliveryLog;
}

export class PartyOperations {
  readonly #o: PartyCollaborators;

  /** Makes both kinds of operation known. */
  constructor(collaborators: PartyCollaborators) {
    this.#o = collaborators;
    collaborators.operations.kind(EXPORT_PARTY, { run: (context) => this.#export(context).catch(told) });
    collaborators.operations.kind(ERASE_PARTY, { run: (context) => this.#erase(context) });
  }

  /** @param partyId  a UUID */
  start(
    by: Author,
    kind: typeof EXPORT_PARTY | typeof ERASE_PARTY,
    partyId: string,
  ): Promise<ShownOperation> {
    const { store, operations, parties } = this.#o;
    const { organisationId } = by;
    const resourceName = parties.name(organisationId, partyId);
    // The operation stays longer than what it removes: the id itself is not to be read there.
    const input = { party: parties.seal(partyId, contextOf(organisationId)) };
    return store.write((tx) =>
      operations.start(tx, by, { kind, input, resourceType: "party", resourceName }),
    );
  }

  /** What an export has made. @throws Problem `not_found`, also when it is too old */
  async exported(organisationId: number, operationId: string): Promise<BlobRow> {
    const found = await this.#o.blobs.find(blobOf(operationId));
    const isThere =
      found?.organisationId === organisationId &&
      found.purgeAt !== null &&
      found.purgeAt > this.#o.clock.now() &&
      (await this.#isDone(organisationId, operationId));
    if (!found || !isThere) throw new Problem("not_found", `There is no export ${operationId} (any more).`);
    return found;
  }

  async #isDone(organisationId: number, operationId: string): Promise<boolean> {
    const { kind, status } = await this.#o.operations.get(organisationId, operationId, "all");
    return kind === EXPORT_PARTY && status === "SUCCESS";
  }

  bytes({ id }: BlobRow): AsyncGenerator<Uint8Array> {
    return this.#o.blobs.read(id);
  }

  /** Begins anew after a restart: what was written before is written over. */
  async #export(context: OperationContext): Promise<OperationOutcome> {
    const { store, blobs, messages, clock } = this.#o;
    const { id, organisationId, signal } = context;
    const partyId = this.#partyOf(context);
    // What an earlier run has left would be another's bytes behind this one's.
    await blobs.remove(blobOf(id));
    const writer = blobs.writer(organisationId, blobOf(id));
    const encoder = new TextEncoder();
    const pages = messages.byParty(organisationId, partyId);
    let count = 0;
    writer.push(encoder.encode(`{"partyId":${JSON.stringify(partyId)},"messages":[`));
    for (let page = await pages(); page.length > 0 && !signal.aborted; page = await pages()) {
      for (const message of page) {
        if (count++ > 0) writer.push(encoder.encode(","));
        for await (const text of messageJson(message, (blob) => messages.bytes(blob))) {
          writer.push(encoder.encode(text));
          await writer.drain();
          if (signal.aborted) return { message: "It was broken off." };
        }
      }
      await store.write((tx) => context.progress(count, null, {}, tx));
      await new Promise((resolve) => setImmediate(resolve));
    }
    writer.push(encoder.encode("]}\n"));
    await writer.drain();
    const expiresAt = clock.now() + EXPORT_LIFE;
    await store.write((tx) => writer.settle(tx, expiresAt));
    const result = { messages: count, bytes: writer.size, expires_at: new Date(expiresAt).toISOString() };
    return {
      message: `${countOf(count)} can be fetched until ${result.expires_at}.`,
      result: { ...result, path: `/api/v1/webmessages/exports/${id}` },
    };
  }

  async #erase(context: OperationContext): Promise<OperationOutcome> {
    const { store, messages } = this.#o;
    const { organisationId, submittedBy: subject, signal } = context;
    const partyId = this.#partyOf(context);
    let { done } = context;
    // What an earlier run has removed, and not yet taken out of the log.
    await this.#forget(organisationId, idsIn(context.position));
    while (!signal.aborted) {
      // The list begins anew each time: what was removed is not in it any more.
      const ids = await messages.idsOfParty(organisationId, partyId, CHUNK);
      if (ids.length === 0) break;
      done += await store.write(async (tx) => {
        const removed = await messages.removeMany(tx, { organisationId, subject, actor: null }, ids);
        await context.progress(done + removed, null, { removed: ids }, tx);
        return removed;
      });
      await this.#forget(organisationId, ids);
    }
    return {
      message: `${countOf(done)} of the party ${done === 1 ? "is" : "are"} removed.`,
      result: { messages: done },
    };
  }

  /** Receivers were told of messages, some with all that they said. */
  async #forget(organisationId: number, ids: readonly string[]): Promise<void> {
    for (const key of ids) {
      await eraseFromLog(this.#o, { organisationId, object: "webmessage", key, since: createdAt(key) });
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #partyOf({ organisationId, input }: OperationContext): string {
    return this.#o.parties.open(String(input["party"]), contextOf(organisationId));
  }
}

/** What the operation says of an error. @throws always */
function told(error: unknown): never {
  if (!(error instanceof BlobGone)) throw error;
  throw new Problem("conflict", "A message was removed while it was exported; start the export again.");
}

const countOf = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);
const idsIn = ({ removed }: Record<string, unknown>): string[] =>
  Array.isArray(removed) ? removed.map(String) : [];
/** When a message was made, by its id. */
const createdAt = (id: string): number => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
const blobOf = (operationId: string): string => `export:${operationId}`;
const contextOf = (organisationId: number): string => `party:${organisationId}`;
