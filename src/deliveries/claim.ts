/** Claims: due deliveries of a receiver, taken for this process, and what of them may be sent by now. */
import type { AccountService } from "../accounts/service.ts";
import type { TopicCatalogue } from "../changes/topics.ts";
import { narrowed } from "../receivers/filter.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { Store, Transaction } from "../store/store.ts";
import type { Claimed } from "./attempt.ts";
import { claimDue, claimHead, headDue, nextDue, withdraw } from "./queries.ts";
import type { ReceiverQueue } from "./queue.ts";
import { fateOf } from "./rights.ts";
import { succeed } from "./succeed.ts";

export interface ClaimDependencies {
  store: Store;
  accounts: AccountService;
  types: TypeRegistry;
  topics: Pick<TopicCatalogue, "known">;
}

export interface Claim {
  /** What may be sent, oldest first. */
  ready: Claimed[];
  /** What its account may not be told of any more. */
  forbidden: Claimed[];
  /** Others took the place of one that may not be sent as it is; they are due. */
  replaced: number;
  /** When the next one is due that was not claimed; undefined: there is none. */
  due: number | undefined;
  /** Why nothing may be sent at the moment; then nothing was claimed. */
  paused: string | undefined;
}

/** What a receiver's state says while its account may do nothing. */
export const ACCOUNT_DISABLED = "account disabled";

/**
 * Claims up to `limit` deliveries that are due.
 * @param options.lease  the end of the lease, milliseconds since 1970
 */
export async function claim(
  deps: ClaimDependencies,
  { receiver }: Pick<ReceiverQueue, "receiver">,
  { now, lease, limit }: { now: number; lease: number; limit: number },
): Promise<Claim> {
  const { store, accounts, types } = deps;
  const { id: receiverId, organisationId, accountId, ordered } = receiver;
  const { rows, due, rights } = await store.write(async (tx) => {
    const account = await accounts.rights(tx, accountId);
    if (!account?.active) return { rows: [], due: undefined, rights: undefined };
    const node = store.presence?.number ?? null;
    const taken = await (ordered
      ? tx.run(claimHead, { receiverId, now, lease, node })
      : tx.run(claimDue, { receiverId, now, lease, node, limit }));
    return { rows: taken, due: await dueAfter(tx, receiver, taken.length === limit, now), rights: account };
  });
  if (!rights) return { ready: [], forbidden: [], replaced: 0, due: undefined, paused: ACCOUNT_DISABLED };
  rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  const onlooker = {
    organisationId,
    grants: narrowed(rights.grants, receiver.contentFilter, types.all),
    topics: deps.topics.known(receiver.topics),
  };
  const result: Claim = { ready: [], forbidden: [], replaced: 0, due, paused: undefined };
  for (const delivery of rows) {
    const fate = fateOf(deps, onlooker, delivery);
    const known = fate instanceof Promise ? await fate : fate;
    if (known === "whole") result.ready.push(delivery);
    else if (known === "nothing") result.forbidden.push(delivery);
    else if (await replace(deps, receiver, delivery, known.body, now)) result.replaced++;
  }
  return result;
}

/** When there is more to do. @param more  more may be due now */
async function dueAfter(
  tx: Transaction,
  { id: receiverId, ordered }: ReceiverQueue["receiver"],
  more: boolean,
  now: number,
): Promise<number | undefined> {
  // The one after the head waits for it, in whatever way it ends: the queue is looked at anew then.
  if (more && !ordered) return now;
  const [next] = await tx.run(ordered ? headDue : nextDue, { receiverId });
  return next?.at ?? undefined;
}

/** Lets another delivery take the place of one that was claimed. @returns false when it was cancelled meanwhile */
async function replace(
  { store, types }: ClaimDependencies,
  { id: receiverId, organisationId }: ReceiverQueue["receiver"],
  delivery: Claimed,
  body: string,
  now: number,
): Promise<boolean> {
  return await store.write(async (tx) => {
    const [withdrawn] = await tx.run(withdraw, { id: delivery.id, status: "delivering", error: "rights" });
    if (!withdrawn) return false;
    const before = { ...delivery, organisationId, receiverId };
    await succeed(tx, { types, dialect: store.dialect }, before, [body], { dueAt: now });
    return true;
  });
}
