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

/** The room for what follows: 48 bits, of which each step takes up to 40, so that it lasts for many generations. */
const ROOM = 2 ** 48;
const STEP = 2 ** 40;

/** Ids that sort where `id` does among others, after it and after one another. */
export function successorIds(id: string, count: number): string[] {
  const place = id.slice(0, PLACE);
  const tails: number[] = [];
  for (let tail = Number.parseInt(id.slice(PLACE), 16); tails.length < count; tails.push(tail)) {
    tail += 1 + randomBelow(STEP);
  }
  // Hundreds of generations later: after one another, at least.
  const fitting =
    (tails.at(-1) ?? 0) < ROOM ? tails : tails.map(() => randomBelow(ROOM)).sort((a, b) => a - b);
  return fitting.map((tail) => place + tail.toString(16).padStart(12, "0"));
}

function randomBelow(limit: number): number {
  return randomBytes(6).readUIntBE(0, 6) % limit;
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
  const ids = successorIds(before.id, bodies.length);
  const failures = anew ? 0 : before.attempts - before.scheduleFrom;
  const made = bodies.map((text, index) => {
    const id = ids[index] ?? "";
    // An event's own id is that of its delivery.
    const body = text.replace(`{"id":"${before.id}"`, `{"id":"${id}"`);
    const topics = partsOf(body).list.flatMap((part) => topicOfPart(types, part) ?? before.topics);
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
  dialect: Store["dialect"],
  { id: receiverId, organisationId }: { id: string; organisationId: number },
  { id, topics, body }: { id: string; topics: string[]; body: string },
  at: number,
  lease: number,
): Promise<void> {
  const status = "delivering";
  await tx.run(insertDelivery, {
    ...{ id, organisationId, receiverId, topics, body, status, at },
    nextAttemptAt: lease,
  });
  await indexSubjects(tx, dialect, organisationId, [{ id, topics, subjects: subjectsOf(body) }]);
}
