/** Closes a bundle: the one transaction that freezes what lies beyond a receiver's cursor and moves the cursor. */
import type { AccountService } from "../accounts/service.ts";
import type { ChangeFeed, ChangeRow } from "../changes/service.ts";
import type { TopicCatalogue } from "../changes/topics.ts";
import { visiblePage } from "../changes/visible.ts";
import type { Clock } from "../clock.ts";
import type { Grant } from "../grants/grant.ts";
import { decideBy, viewOf } from "../grants/view.ts";
import { narrowed } from "../receivers/filter.ts";
import type { Receiver } from "../receivers/receiver.ts";
import { decodeId } from "../records/key.ts";
import { findRecord } from "../records/queries.ts";
import { dataJson } from "../records/representation.ts";
import type { RecordType, TypeRegistry } from "../records/types.ts";
import { type Store, type Transaction, WriteConflict } from "../store/store.ts";
import type { Claimed } from "./attempt.ts";
import { seal } from "./body.ts";
import type { CloseResult } from "./bundler.ts";
import { insertDelivery, moveCursor, receiverCursor } from "./queries.ts";
import { indexBundle } from "./subjects.ts";

export interface CloseDependencies {
  store: Store;
  feed: ChangeFeed;
  clock: Clock;
  accounts: AccountService;
  types: TypeRegistry;
  topics: TopicCatalogue;
  publicUrl: string;
  /** The code of an organisation. */
  organisationCode: (organisationId: number) => Promise<string>;
  /** The end of a lease under which new deliveries are handed over; undefined to store them as pending. */
  lease: (receiverId: string, count: number) => number | undefined;
  accept: (receiverId: string, deliveries: readonly Claimed[], lease: number | undefined) => void;
}

/** What could not be looked at in one transaction is looked at in the next, at once. */
const LONG_AGO = 0;

/** @returns a function that closes a receiver's bundle, if there is one and (for `onlyFull`) it is full */
export function bundleCloser(deps: CloseDependencies) {
  const { store, feed, clock, accounts, types } = deps;

  return async (receiver: Receiver, _: unknown, onlyFull: boolean): Promise<CloseResult> => {
    const { id, organisationId, bundle, format } = receiver;
    // The bundler watches more than these, where the account's view is limited.
    const topics = deps.topics.known(receiver.topics);
    const organisation = await deps.organisationCode(organisationId);
    let accepted: { deliveries: Claimed[]; lease: number | undefined } | undefined;

    const result = await store.write(async (tx): Promise<CloseResult> => {
      accepted = undefined;
      const [stored] = await tx.run(receiverCursor, { id });
      const cursor = stored?.cursor ?? receiver.cursor;
      const nothing = { cursor, closed: false, oldestLeft: undefined, left: 0, paused: false };
      if (!stored || !stored.enabled || stored.deletedAt !== null) return { ...nothing, paused: true };
      const account = await accounts.rights(tx, receiver.accountId);
      if (!account?.active) return { ...nothing, paused: true };
      const grants = narrowed(account.grants, receiver.contentFilter, types.all);

      // One more than fits: when it came is when the next bundle began.
      const page = await visiblePage(feed, types, tx, {
        ...{ organisationId, grants, topics },
        after: cursor,
        limit: bundle.size + 1,
      });
      const rows = page.rows.slice(0, bundle.size);
      const rest = page.rows[bundle.size];
      const last = rows.at(-1);
      if (!last) {
        // Changes that are not for it only: pass them, so that they are not read again.
        if (page.cursor > cursor) await tx.run(moveCursor, { id, from: cursor, to: page.cursor });
        return { ...nothing, cursor: page.cursor, oldestLeft: page.more ? LONG_AGO : undefined };
      }
      if (onlyFull && rows.length < bundle.size) return { ...nothing, left: rows.length };

      const to = rest ? last.sequence : page.cursor;
      const [moved] = await tx.run(moveCursor, { id, from: cursor, to });
      if (!moved) throw new WriteConflict(); // another node closed it, or it was removed: looked at anew
      const at = clock.now();
      const sealed = seal(format, rows, at, {
        types,
        publicUrl: deps.publicUrl,
        organisation,
        ...(receiver.payload === "full" && { data: await fullData(tx, types, grants, rows) }),
      });
      const lease = deps.lease(id, sealed.length);
      await Promise.all(
        sealed.map((delivery) =>
          tx.run(insertDelivery, {
            ...delivery,
            organisationId,
            receiverId: id,
            status: lease === undefined ? "pending" : "delivering",
            at,
            nextAttemptAt: lease ?? at,
          }),
        ),
      );
      await indexBundle(tx, store.dialect, organisationId, sealed, rows);
      accepted = {
        lease,
        deliveries: sealed.map((delivery) => ({ ...delivery, attempts: 0, scheduleFrom: 0 })),
      };
      const oldestLeft = rest?.at ?? (page.more ? LONG_AGO : undefined);
      return { cursor: to, closed: true, oldestLeft, left: 0, paused: false };
    });
    if (accepted) deps.accept(id, accepted.deliveries, accepted.lease);
    return result;
  };
}

/** The records of a bundle as they are now, with the fields that the grants let see, for the `full` payload. */
async function fullData(
  tx: Transaction,
  types: TypeRegistry,
  grants: readonly Grant[],
  rows: readonly ChangeRow[],
): Promise<Map<string, string>> {
  const data = new Map<string, string>();
  for (const { organisationId, object, key, action } of rows) {
    const type = types.ofObject(object);
    if (!type || action !== "update") continue;
    const [record] = await tx.run(findRecord, { organisationId, type: type.name, key });
    const seen = record && visibleData(grants, type, record.data);
    if (seen === undefined) continue;
    const id = JSON.stringify(decodeId(type.key, key));
    const fields = seen.slice(1, -1);
    data.set(`${object}/${key}`, fields === "" ? `{"id":${id}}` : `{"id":${id},${fields}}`);
  }
  return data;
}

function visibleData(grants: readonly Grant[], type: RecordType, data: string): string | undefined {
  const view = viewOf(grants, type, "read");
  if (view?.unlimited) return data;
  const { allowed, fields } = decideBy(view, JSON.parse(data) as Record<string, unknown>);
  return allowed ? dataJson(data, fields) : undefined;
}
