/** Attempts in flight: each is made, judged and learnt from, and what came of it handed on to be stored. */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Send } from "../outgoing/request.ts";
import type { Attempted } from "../overview/counts.ts";
import type { Receiver } from "../receivers/receiver.ts";
import { type AttemptContext, type Claimed, makeAttempt, type Outcome } from "./attempt.ts";
import type { DeliveryTraces } from "../tracing/deliveries.ts";
import { formatTraceparent } from "../tracing/context.ts";
import type { AttemptNews } from "./live.ts";
import type { ReceiverQueue } from "./queue.ts";
import type { ResultWriter } from "./results.ts";
import type { Slots } from "./slots.ts";
import { inWords, isReceiversFault, judge } from "./verdict.ts";

/** What is told of deliveries as they come to pass, for whoever counts. */
export interface Observer {
  /** A delivery was taken. */
  delivered?: () => void;
  /** An attempt failed. @param error  its class */
  failed?: (error: string) => void;
  /** An attempt has ended, one way or the other. */
  attempted?: (attempt: Attempted, news: AttemptNews) => void;
}

export interface AttemptsOptions {
  clock: Clock;
  log: Pick<Logger, "error">;
  send: Send;
  tokens: AttemptContext["tokens"];
  random: () => number;
  /** One attempt's time limit, ms. */
  timeout: number;
  observer?: Observer;
  /** Where traces are wanted. */
  traces?: Pick<DeliveryTraces, "attempt"> | undefined;
  slots: Pick<Slots<ReceiverQueue>, "begin" | "end">;
  results: Pick<ResultWriter, "add">;
  /** Gives claims back unsent. */
  putBack: (queue: ReceiverQueue, claims: readonly Claimed[]) => void;
  /** An attempt failed, and its receiver may not be sent more at the moment. */
  failed: (queue: ReceiverQueue) => void;
  /** An attempt has ended and its place is free. @param at  when, milliseconds since 1970 */
  ended: (queue: ReceiverQueue, at: number) => void;
}

export class Attempts {
  readonly #o: AttemptsOptions;
  readonly #abort = new AbortController();

  constructor(options: AttemptsOptions) {
    this.#o = options;
  }

  /** Breaks off all that are in flight: their deliveries are given back. */
  abort(): void {
    this.#abort.abort();
  }

  /**
   * Makes an attempt and has its result stored. Never rejects.
   * @param receiver  as it is now, which the queue may not know yet
   * @param done  given for one that is past the queue and not repeated: called when its result is stored
   * @returns undefined when something of ours is broken
   */
  async make(
    queue: ReceiverQueue,
    receiver: Receiver,
    delivery: Claimed,
    retry: boolean,
    done?: () => void,
  ): Promise<Outcome | undefined> {
    const { clock, log, timeout, send, tokens, random, slots, results } = this.#o;
    const once = done !== undefined;
    // Asking for the time costs more than it seems to: once when it begins, once when it ends.
    const begun = clock.now();
    let ended = begun;
    const room = slots.begin(queue, retry, begun);
    const probe = once ? false : queue.begin();
    try {
      const { signal } = this.#abort;
      const span = this.#o.traces && (await this.#o.traces.attempt(delivery, receiver));
      const trace = span && formatTraceparent(span.context);
      const outcome = await makeAttempt(receiver, delivery, {
        ...{ now: begun, timeout, signal, send, tokens, trace },
      });
      span?.end(
        outcome.status === undefined ? {} : { "http.response.status_code": outcome.status },
        outcome.delivered ? undefined : (outcome.error ?? "failed"),
      );
      ended = clock.now();
      if (outcome.error === "aborted") {
        if (probe) queue.breaker.undecided(ended);
        this.#o.putBack(queue, [delivery]);
        return outcome;
      }
      const verdict = judge(receiver, delivery, outcome, { now: ended, random: random(), once });
      this.#learn(queue, outcome, { probe, now: ended });
      this.#o.observer?.attempted?.(
        {
          ...{ organisationId: receiver.organisationId, receiverId: receiver.id, at: ended },
          ...{ durationMs: outcome.durationMs, delivered: outcome.delivered },
          givenUp: verdict.status === "failed",
        },
        {
          ...{ deliveryId: delivery.id, topics: delivery.topics, number: delivery.attempts + 1 },
          ...{ statusCode: outcome.status ?? null, error: outcome.error ?? null },
          ...{ detail: outcome.detail ?? null, status: verdict.status },
        },
      );
      if (verdict.holdUntil !== undefined) queue.hold(verdict.holdUntil);
      results.add({ queue, delivery, outcome, verdict, done });
      if (!outcome.delivered && !once) this.#o.failed(queue);
      return outcome;
    } catch (error) {
      log.error("delivery could not be attempted", { delivery_id: delivery.id, error });
      if (probe) queue.breaker.undecided(ended);
      this.#o.putBack(queue, [delivery]);
      return undefined;
    } finally {
      slots.end(queue, room, ended);
      this.#o.ended(queue, ended);
    }
  }

  /** Nothing is sent of it: its account may not be told of anything in it any more. */
  forbid(queue: ReceiverQueue, delivery: Claimed): void {
    const now = this.#o.clock.now();
    const outcome: Outcome = {
      ...{ delivered: false, at: now, durationMs: 0, requestHeaders: {}, body: "", error: "rights" },
      detail: "the receiver's account may no longer read this",
    };
    const verdict = judge(queue.receiver, delivery, outcome, { now, random: 0 });
    this.#o.results.add({ queue, delivery, outcome, verdict });
  }

  #learn(queue: ReceiverQueue, outcome: Outcome, { probe, now }: { probe: boolean; now: number }): void {
    if (outcome.delivered) {
      queue.breaker.succeeded();
      this.#o.observer?.delivered?.();
    } else {
      this.#o.observer?.failed?.(outcome.error ?? "unknown");
      if (!isReceiversFault(outcome)) {
        if (probe) queue.breaker.undecided(now);
        return;
      }
      queue.lastError = inWords(outcome);
      queue.breaker.failed(now, probe, this.#o.random());
    }
    queue.learn(outcome.delivered, outcome.durationMs);
  }
}
