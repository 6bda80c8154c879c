/** Closes a bundle: the one transaction that freezes what lies beyond a receiver's cursor and moves the cursor. */
import { allows } from "../grants/grant.ts";
import type { AccountService } from "../accounts/service.ts";
import type { ChangeFeed, ChangeRow } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import type { Receiver } from "../receivers/receiver.ts";
import { decodeId } from "../records/key.ts";
import { findRecord } from "../records/queries.ts";
import type { TypeRegistry } from "../records/types.ts";
import { type Store, type Transaction, WriteConflict } from "../store/store.ts";
import type { Claimed } from "./attempt.ts";
import { seal } from "./body.ts";
import type { CloseResult } from "./bundler.ts";
import { insertDelivery, moveCursor, receiverCursor } from "./queries.ts";

export interface CloseDependencies {
  store: Store;
  feed: ChangeFeed;
  clock: Clock;
  accounts: AccountService;
  types: TypeRegistry;
  publicUrl: string;
  /** The code of an organisation. */
  organisationCode: (organisationId: number) => Promise<string>;
  /** The end of a lease under which new deliveries are handed over; undefined to store them as pending. */
  lease: (receiverId: string, count: number) => number | undefined;
  accept: (receiverId: string, deliveries: readonly Claimed[], lease: number | undefined) => void;
}

/** @returns a function that closes a receiver's bundle, if there is one and (for `onlyFull`) it is full */
export function bundleCloser(deps: CloseDependencies) {
  const { store, feed, clock, accounts, types } = deps;

  return async (receiver: Receiver, topics: readonly string[], onlyFull: boolean): Promise<CloseResult> => {
    const { id, organisationId, bundle, format } = receiver;
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
      const visible = visibleTopics(types, topics, account.grants);

      // One more than fits: when it came is when the next bundle began.
      const page = await feed.page(tx, {
        organisationId,
        topics: visible,
        after: cursor,
        limit: bundle.size + 1,
      });
      const rows = page.rows.slice(0, bundle.size);
      const rest = page.rows[bundle.size];
      const last = rows.at(-1);
      if (!last) {
        // Changes of others' topics only: pass them, so that they are not read again.
        if (page.cursor > cursor) await tx.run(moveCursor, { id, from: cursor, to: page.cursor });
        return { ...nothing, cursor: page.cursor };
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
        ...(receiver.payload === "full" && { data: await fullData(tx, types, organisationId, rows) }),
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
      accepted = {
        lease,
        deliveries: sealed.map((delivery) => ({ ...delivery, attempts: 0, scheduleFrom: 0 })),
      };
      return { cursor: to, closed: true, oldestLeft: rest?.at, left: 0, paused: false };
    });
    if (accepted) deps.accept(id, accepted.deliveries, accepted.lease);
    return result;
  };
}

function visibleTopics(
  types: TypeRegistry,
  topics: readonly string[],
  grants: Parameters<typeof allows>[0],
): readonly string[] {
  const hidden = types.all.filter((type) => !allows(grants, type.name, "read"));
  if (hidden.length === 0) return topics;
  const names = new Set(hidden.flatMap((type) => Object.values(type.topics)));
  return topics.filter((topic) => !names.has(topic));
}

/** The records of a bundle as they are now, for the `full` payload. */
async function fullData(
  tx: Transaction,
  types: TypeRegistry,
  organisationId: number,
  rows: readonly ChangeRow[],
): Promise<Map<string, string>> {
  const data = new Map<string, string>();
  for (const { object, key, action } of rows) {
    const type = types.ofObject(object);
    if (!type || action !== "update") continue;
    const [record] = await tx.run(findRecord, { organisationId, type: type.name, key });
    if (!record) continue;
    const id = JSON.stringify(decodeId(type.key, key));
    const fields = record.data.slice(1, -1);
    data.set(`${object}/${key}`, fields === "" ? `{"id":${id}}` : `{"id":${id},${fields}}`);
  }
  return data;
}
