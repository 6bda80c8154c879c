/**
 * How long a receiver may do nothing but fail: its owner is told at half of that time and at four fifths, then it is
 * disabled. The clock wakes this up, it never polls; a receiver that has nothing waiting by then (so that nobody
 * knows whether it works again) is dealt with at its next failure.
 */
import type { Clock } from "../clock.ts";
import { formatDuration } from "../config/kinds.ts";
import type { Logger } from "../log.ts";
import type { NewMail } from "../mail/outbox.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { Store, Transaction } from "../store/store.ts";
import { failingOf, raiseWarned } from "./queries.ts";
import type { ReceiverQueue } from "./queue.ts";

export interface PatienceOptions {
  store: Pick<Store, "write">;
  clock: Clock;
  log: Pick<Logger, "warn" | "error">;
  /** Nothing but failures for so long, ms; 0: for ever. */
  disableAfter: number;
  /** Queues a mail in the transaction. */
  mail: (tx: Transaction, mail: NewMail) => void;
  /** The sysadmin's address, where one is set. */
  admin: string | undefined;
  /** Disables a receiver. @param reason  a sentence */
  disable: (receiver: Receiver, reason: string) => Promise<void>;
}

/** Percent of its time. */
const MARKS = [50, 80, 100] as const;

export class Patience {
  readonly #o: PatienceOptions;

  constructor(options: PatienceOptions) {
    this.#o = options;
  }

  /** Sets the clock for a receiver that fails: at each mark, those that have something waiting are dealt with. */
  watch(queue: ReceiverQueue): void {
    queue.cancelPatience?.();
    queue.cancelPatience = undefined;
    const { clock, disableAfter } = this.#o;
    const { failingSince } = queue;
    if (failingSince === null || disableAfter === 0 || !queue.receiver.enabled) return;
    const now = clock.now();
    const next = MARKS.map((mark) => failingSince + (disableAfter * mark) / 100).find((at) => at > now);
    if (next === undefined) return;
    queue.cancelPatience = clock.after(next - now, () => {
      queue.cancelPatience = undefined;
      if (queue.open > 0) void this.judge(queue, next);
      this.watch(queue);
    });
  }

  /** Warns or disables if a mark has been reached. Never throws. @param at  the time, however late it has become */
  async judge(queue: ReceiverQueue, at = this.#o.clock.now()): Promise<void> {
    const { disableAfter, log } = this.#o;
    const { failingSince, receiver } = queue;
    if (failingSince === null || disableAfter === 0) return;
    const percent = ((at - failingSince) / disableAfter) * 100;
    const mark = MARKS.findLast((one) => one <= percent);
    if (mark === undefined || mark <= queue.warned) return;
    queue.warned = mark;
    try {
      await this.#reached(queue, mark, at);
    } catch (error) {
      queue.warned = 0; // at the next failure again
      log.error("a failing receiver could not be dealt with", { receiver_id: receiver.id, error });
    }
  }

  async #reached(queue: ReceiverQueue, mark: number, at: number): Promise<void> {
    const { store, log, disableAfter, disable } = this.#o;
    const { receiver, lastError } = queue;
    const told = await store.write(async (tx) => {
      const [now] = await tx.run(failingOf, { id: receiver.id });
      // Another process may have seen it work, or been quicker. (Disabling is done again: that costs nothing.)
      const since = now?.failingSince;
      if (now) queue.failingSince = now.failingSince;
      if (!now?.enabled || now.deletedAt !== null || since === null || since === undefined) return undefined;
      if (at - since < (disableAfter * mark) / 100 || now.warned > mark) return undefined;
      if (now.warned < mark) {
        const [raised] = await tx.run(raiseWarned, { id: receiver.id, from: now.warned, to: mark });
        if (raised) this.#tell(tx, receiver, mark, since, lastError);
      }
      return { since };
    });
    if (!told) return;
    const facts = {
      receiver_id: receiver.id,
      receiver: receiver.name,
      topics: receiver.topics,
      failing_since: new Date(told.since).toISOString(),
      last_error: lastError,
    };
    if (mark < 100) return log.warn("receiver fails, and will be disabled", { ...facts, percent: mark });
    log.warn("receiver is disabled: it did nothing but fail", facts);
    const last = lastError === undefined ? "" : ` The last: ${lastError}.`;
    await disable(receiver, `Every attempt failed for ${formatDuration(disableAfter)}.${last}`);
  }

  #tell(
    tx: Transaction,
    receiver: Receiver,
    mark: number,
    since: number,
    lastError: string | undefined,
  ): void {
    const { mail, admin, disableAfter } = this.#o;
    const { name, url, topics, organisationId, id, contact, whileDisabled } = receiver;
    const meanwhile = whileDisabled === "keep" ? "is kept for it" : "it will not be told";
    const end = new Date(since + disableAfter).toISOString();
    const disabled = mark === 100;
    const subject = disabled ? `Koppla: ${name} is disabled` : `Koppla: ${name} cannot be reached`;
    const what = disabled
      ? "It is disabled: nothing is sent to it until somebody enables it. What changes meanwhile " +
        `${meanwhile}.`
      : `If no attempt succeeds until ${end}, it will be disabled.`;
    const body = [
      `Every webhook to the receiver "${name}" has failed since ${new Date(since).toISOString()}.`,
      what,
      "",
      `Receiver: ${id}`,
      `URL: ${withoutQuery(url)}`,
      `Topics: ${topics.join(", ")}`,
      `Last error: ${lastError ?? "not known"}`,
      "",
    ].join("\n");
    for (const recipient of new Set([contact, admin])) {
      if (recipient) mail(tx, { organisationId, recipient, subject, body });
    }
  }
}

/** A URL's query may be what lets somebody in. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*$/s, "?...");
}
