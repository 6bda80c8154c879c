/**
 * Successors: what takes the place of a delivery that is not to be sent as it is, since a delivery never changes.
 *
 * The delivery is cancelled, and its `error` says why: `split` (the receiver answered 413), `superseded` (a newer
 * delivery has some of its objects), `rights` (the account may not see all of it any more). What remains of it goes on
 * under new ids that sort where its own does, at the same place of its retry schedule.
 */
import { randomBytes } from "node:crypto";

import type { TypeRegistry } from "../records/types.ts";
import type { Store, Transaction } from "../store/store.ts";
import { partsOf, topicOfPart } from "./parts.ts";
import { insertDelivery, insertSuccessor } from "./queries.ts";
import { indexSubjects, subjectsOf, timeOf } from "./subjects.ts";

export type Reason = "split" | "superseded" | "rights";

/** What of a delivery its successors take over. */
export interface Predecessor {
  id: string;
  organisationId: number;
  receiverId: string;
  topics: string[];
  attempts: number;
  scheduleFrom: number;
}

/** What an id begins with: its time and its number within it, as hexadecimal digits (`newDeliveryId`). */
const PLACE = "msg_".length + 20;

/** Of the room in 48 bits a delivery has so much for each of its changes, for those that come after it. */
const ROOM = 1_024;

/**
 * Ids that sort where `id` does among others, after it and after one another; so do those that come after these.
 * @param sizes  how many changes each of them tells of
 */
export function successorIds(id: string, sizes: readonly number[]): string[] {
  const place = id.slice(0, PLACE);
  const tails: number[] = [];
  let tail = Number.parseInt(id.slice(PLACE), 16) + 1;
  for (const size of sizes) {
    tails.push(tail);
    // Half of one change's room is left over, for hundreds of generations of a delivery that loses nothing.
    tail += ROOM * size - ROOM / 2;
  }
  // One in millions is too near to the end: it loses its place among those of the same millisecond.
  const fitting =
    tail < 2 ** 48 ? tails : tails.map(() => randomBytes(6).readUIntBE(0, 6)).sort((a, b) => a - b);
  return fitting.map((one) => place + one.toString(16).padStart(12, "0"));
}

/**
 * Stores the successors of a delivery that the same transaction cancels.
 * @param options.dueAt  when they are due, milliseconds since 1970
 * @param options.anew  with the whole retry schedule before them, not with what was left of it
 */
export async function succeed(
  tx: Transaction,
  { types, dialect }: { types: TypeRegistry; dialect: Store["dialect"] },
  before: Predecessor,
  bodies: readonly string[],
  { dueAt, anew = false }: { dueAt: number; anew?: boolean },
): Promise<void> {
  const { organisationId, receiverId } = before;
  const lists = bodies.map((body) => partsOf(body).list);
  const ids = successorIds(
    before.id,
    lists.map(({ length }) => length),
  );
  const failures = anew ? 0 : before.attempts - before.scheduleFrom;
  const made = bodies.map((text, index) => {
    const id = ids[index] ?? "";
    // An event's own id is that of its delivery.
    const body = text.replace(`{"id":"${before.id}"`, `{"id":"${id}"`);
    const topics = (lists[index] ?? []).flatMap((part) => topicOfPart(types, part) ?? before.topics);
    return { id, body, topics: [...new Set(topics)], subjects: subjectsOf(body) };
  });
  await Promise.all(
    made.map(({ id, body, topics }) =>
      tx.run(insertSuccessor, {
        ...{ id, organisationId, receiverId, topics, body },
        status: failures > 0 ? "retrying" : "pending",
        at: timeOf(before.id),
        // It has made no attempt itself; those of its predecessor are the schedule's.
        scheduleFrom: -failures,
        nextAttemptAt: dueAt,
      }),
    ),
  );
  await indexSubjects(tx, dialect, organisationId, made);
}

/** Stores a delivery of which an attempt is made at once, under a lease. @param lease  its end, ms since 1970 */
export async function storeNow(
  tx: Transaction,
  { dialect, node }: { dialect: Store["dialect"]; node: number | null },
  { id: receiverId, organisationId }: { id: string; organisationId: number },
  { id, topics, body }: { id: string; topics: string[]; body: string },
  at: number,
  lease: number,
): Promise<void> {
  const status = "delivering";
  await tx.run(insertDelivery, {
    ...{ id, organisationId, receiverId, topics, body, status, at },
    ...{ nextAttemptAt: lease, node },
  });
  await indexSubjects(tx, dialect, organisationId, [{ id, topics, subjects: subjectsOf(body) }]);
}
