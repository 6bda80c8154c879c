/** Closes a bundle: the one transaction that freezes what lies beyond a receiver's cursor and moves the cursor. */
import type { AccountService } from "../accounts/service.ts";
import type { ChangeFeed, ChangeRow } from "../changes/service.ts";
import type { TopicCatalogue } from "../changes/topics.ts";
import { visiblePage } from "../changes/visible.ts";
import type { Clock } from "../clock.ts";
import type { Grant } from "../grants/grant.ts";
import { narrowed } from "../receivers/filter.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { DeliveryTraces } from "../tracing/deliveries.ts";
import type { Span } from "../tracing/tracing.ts";
import { type Store, type Transaction, WriteConflict } from "../store/store.ts";
import type { Claimed } from "./attempt.ts";
import { seal } from "./body.ts";
import type { CloseResult } from "./bundler.ts";
import { fullData, type OwnData } from "./full.ts";
import { type Parents, withoutSwallowed } from "./merge.ts";
import { Overtaking } from "./overtake.ts";
import { insertDelivery, moveCursor, newestOpen, receiverCursor } from "./queries.ts";
import { indexBundle, timeOf } from "./subjects.ts";

export interface CloseDependencies {
  store: Store;
  feed: ChangeFeed;
  clock: Clock;
  accounts: AccountService;
  types: TypeRegistry;
  topics: TopicCatalogue;
  parents: Parents;
  ownData: OwnData;
  publicUrl: string;
  /** The code of an organisation. */
  organisationCode: (organisationId: number) => Promise<string>;
  /** How many deliveries of a receiver are not at rest, as far as this process knows. */
  open: (receiverId: string) => number;
  /** The end of a lease under which new deliveries are handed over; undefined to store them as pending. */
  lease: (receiverId: string, count: number) => number | undefined;
  accept: (receiverId: string, deliveries: readonly Claimed[], lease: number | undefined) => void;
  /** Older deliveries were superseded: so many are gone, so many stored instead. @param dueAt  of the first of these */
  superseded: (receiverId: string, gone: number, made: number, dueAt: number | undefined) => void;
  /** The account may do nothing. */
  pause: (receiverId: string) => void;
  /** Told of each bundle. @param changes  as the feed had them */
  closed?: (deliveries: number, changes: number) => void;
  /** Where traces are wanted. */
  traces?: Pick<DeliveryTraces, "bundled"> | undefined;
}

/** What could not be looked at in one transaction is looked at in the next, at once. */
const LONG_AGO = 0;

/** What a transaction has done, for when it is committed. */
interface Done {
  deliveries: Claimed[];
  lease: number | undefined;
  changes: number;
  superseded: { gone: number; made: number; dueAt: number | undefined };
  span: Span | undefined;
}

/** @returns a function that closes a receiver's bundle, if there is one and (for `onlyFull`) it is full */
export function bundleCloser(deps: CloseDependencies) {
  const { store, feed, clock, accounts, types } = deps;
  const overtaking = new Overtaking(deps);

  /** How much of the changes may be told now, and which deliveries that supersedes. */
  const passage = async (tx: Transaction, { id, ordered }: Receiver, rows: readonly ChangeRow[]) => {
    // On SQLite all deliveries are this process's.
    const none = ordered || (store.dialect === "sqlite" && deps.open(id) === 0);
    if (!none) return await overtaking.passage(tx, id, rows);
    overtaking.forget(id);
    return { count: rows.length, superseded: [] };
  };

  const freeze = async (
    tx: Transaction,
    receiver: Receiver,
    { grants, organisation }: { grants: readonly Grant[]; organisation: string },
    rows: readonly ChangeRow[],
  ) => {
    const { id, organisationId, format, payload } = receiver;
    const at = clock.now();
    const told = await withoutSwallowed(tx, types, deps.parents, rows);
    const sealed = seal(format, told, await idTime(tx, receiver, at), {
      types,
      publicUrl: deps.publicUrl,
      organisation,
      ...(payload === "full" && { data: await fullData(tx, types, grants, told, deps.ownData) }),
    });
    const lease = deps.lease(id, sealed.length);
    const node = lease === undefined ? null : (store.presence?.number ?? null);
    await Promise.all(
      sealed.map((delivery) =>
        tx.run(insertDelivery, {
          ...delivery,
          organisationId,
          receiverId: id,
          status: lease === undefined ? "pending" : "delivering",
          at,
          nextAttemptAt: lease ?? at,
          node,
        }),
      ),
    );
    await indexBundle(tx, store.dialect, organisationId, sealed, told);
    const deliveries = sealed.map((delivery) => ({ ...delivery, attempts: 0, scheduleFrom: 0, node }));
    return { deliveries, lease };
  };

  return async (receiver: Receiver, _: unknown, onlyFull: boolean): Promise<CloseResult> => {
    const { id, organisationId, bundle } = receiver;
    // The bundler watches more than these, where the account's view is limited.
    const topics = deps.topics.known(receiver.topics);
    const organisation = await deps.organisationCode(organisationId);
    let done: Done | undefined;
    let inactive = false;

    const result = await store.write(async (tx): Promise<CloseResult> => {
      done = undefined;
      const [stored] = await tx.run(receiverCursor, { id });
      const cursor = stored?.cursor ?? receiver.cursor;
      const nothing = {
        cursor,
        closed: false,
        oldestLeft: undefined,
        left: 0,
        paused: false,
        blocked: false,
      };
      if (!stored || !stored.enabled || stored.deletedAt !== null) return { ...nothing, paused: true };
      const account = await accounts.rights(tx, receiver.accountId);
      inactive = !account?.active;
      if (!account?.active) return { ...nothing, paused: true };
      const grants = narrowed(account.grants, receiver.contentFilter, types.all);

      // One more than fits: when it came is when the next bundle began.
      const page = await visiblePage(feed, types, tx, {
        ...{ organisationId, grants, topics },
        after: cursor,
        limit: bundle.size + 1,
      });
      const fitting = page.rows.slice(0, bundle.size);
      if (fitting.length === 0) {
        // Changes that are not for it only: pass them, so that they are not read again.
        if (page.cursor > cursor) await tx.run(moveCursor, { id, from: cursor, to: page.cursor });
        return { ...nothing, cursor: page.cursor, oldestLeft: page.more ? LONG_AGO : undefined };
      }
      if (onlyFull && fitting.length < bundle.size) return { ...nothing, left: fitting.length };

      const { count, superseded } = await passage(tx, receiver, fitting);
      const rows = fitting.slice(0, count);
      const rest = page.rows[count];
      const blocked = count < fitting.length;
      const last = rows.at(-1);
      if (!last) return { ...nothing, oldestLeft: rest?.at, blocked };
      const to = rest ? last.sequence : page.cursor;
      const [moved] = await tx.run(moveCursor, { id, from: cursor, to });
      if (!moved) throw new WriteConflict(); // another node closed it, or it was removed: looked at anew
      const { made, dueAt } = await overtaking.supersede(tx, receiver, superseded, rows);
      const frozen = await freeze(tx, receiver, { grants, organisation }, rows);
      const span =
        deps.traces &&
        (await deps.traces.bundled(tx, {
          ...{ organisationId, receiverId: id, at: clock.now() },
          sequences: rows.map(({ sequence }) => sequence),
          deliveries: frozen.deliveries.map((delivery) => delivery.id),
        }));
      done = { ...frozen, changes: rows.length, superseded: { gone: superseded.length, made, dueAt }, span };
      const oldestLeft = rest?.at ?? (page.more ? LONG_AGO : undefined);
      return { cursor: to, closed: true, oldestLeft, left: 0, paused: false, blocked };
    });
    if (inactive) deps.pause(id);
    if (done) {
      const { gone, made, dueAt } = done.superseded;
      if (gone > 0) deps.superseded(id, gone, made, dueAt);
      done.span?.end();
      deps.closed?.(done.deliveries.length, done.changes);
      deps.accept(id, done.deliveries, done.lease);
    }
    return result;
  };
}

/**
 * The time that the ids of new deliveries are of. For an ordered receiver, whose deliveries are sent in the order of
 * their ids, never before that of one that waits: the clock may have been set back.
 */
async function idTime(tx: Transaction, { id: receiverId, ordered }: Receiver, at: number): Promise<number> {
  if (!ordered) return at;
  const [newest] = await tx.run(newestOpen, { receiverId });
  return newest?.id ? Math.max(at, timeOf(newest.id) + 1) : at;
}
