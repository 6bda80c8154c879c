/** How receivers fare: what the API shows of one, and the sums that metrics are made of. */
import type { BreakerState } from "./breaker.ts";
import type { ReceiverQueue } from "./queue.ts";

export interface Health {
  /** Of the circuit breaker: while it is open, nothing is sent but a probe now and then. */
  state: BreakerState;
  /** Since the last success, of attempts since this server started. */
  consecutiveFailures: number;
  /** Milliseconds since 1970. */
  failingSince: number | null;
  /** Null also where it is open and nothing waits: then the next change is the probe. */
  nextProbeAt: number | null;
  /** Why nothing is sent though it is enabled; undefined where it is not so. */
  paused?: string;
}

export function healthOf({ breaker, failingSince, paused }: ReceiverQueue): Health {
  const waits = breaker.state === "open" && breaker.probeAt > 0;
  return {
    state: breaker.state,
    consecutiveFailures: breaker.failures,
    failingSince,
    nextProbeAt: waits ? breaker.probeAt : null,
    ...(paused !== undefined && { paused }),
  };
}

export interface DispatchState {
  inFlight: number;
  /** Deliveries not at rest. */
  queued: number;
  openBreakers: number;
  /** Receivers that asked to be left alone (429, 503). */
  held: number;
  paused: number;
  failing: number;
  /** The longest that an ordered receiver has been blocked by its oldest delivery, milliseconds; 0: none is. */
  longestBlock: number;
  /** How long the delivery has been due that is due the longest, milliseconds; 0: none is. */
  oldestDue: number;
}

/** A receiver with deliveries that are not at rest. */
export interface WaitingReceiver {
  id: string;
  name: string;
  queued: number;
  /** How long its delivery has been due that is due the longest, milliseconds; 0: none is. */
  oldestDue: number;
}

/** Those that have kept a delivery waiting longest, then those with most of them; at most `limit`. */
export function waitingOf(queues: Iterable<ReceiverQueue>, now: number, limit: number): WaitingReceiver[] {
  const waiting: WaitingReceiver[] = [];
  for (const { receiver, open, dueAt = now } of queues) {
    if (open === 0) continue;
    waiting.push({ id: receiver.id, name: receiver.name, queued: open, oldestDue: Math.max(0, now - dueAt) });
  }
  return waiting.sort((a, b) => b.oldestDue - a.oldestDue || b.queued - a.queued).slice(0, limit);
}

/** How a receiver stands, for the overview. */
export interface ReceiverStanding {
  id: string;
  name: string;
  url: string;
  /** It is enabled, and its account may do something. */
  sends: boolean;
  breaker: BreakerState;
  /** Deliveries not at rest. */
  backlog: number;
  /** When the next one is due that is not being sent, milliseconds since 1970; undefined: there is none. */
  dueAt: number | undefined;
  failingSince: number | null;
}

/** Those of one organisation. */
export function standingsOf(queues: Iterable<ReceiverQueue>, organisationId: number): ReceiverStanding[] {
  const standings: ReceiverStanding[] = [];
  for (const { receiver, paused, breaker, open, dueAt, failingSince } of queues) {
    if (receiver.organisationId !== organisationId) continue;
    const { id, name, url, enabled } = receiver;
    standings.push({
      ...{ id, name, url, sends: enabled && paused === undefined, breaker: breaker.state },
      ...{ backlog: open, dueAt: open === 0 ? undefined : dueAt, failingSince },
    });
  }
  return standings;
}

export function stateOf(queues: Iterable<ReceiverQueue>, inFlight: number, now: number): DispatchState {
  const state: DispatchState = {
    ...{ inFlight, queued: 0, openBreakers: 0, held: 0, paused: 0, failing: 0 },
    ...{ longestBlock: 0, oldestDue: 0 },
  };
  for (const queue of queues) {
    state.queued += queue.open;
    if (!queue.receiver.enabled) continue;
    if (queue.breaker.state !== "closed") state.openBreakers++;
    if ((queue.heldUntil ?? 0) > now) state.held++;
    if (queue.paused !== undefined) state.paused++;
    if (queue.failingSince !== null) state.failing++;
    if (queue.receiver.ordered && queue.failingSince !== null && queue.open > 0) {
      state.longestBlock = Math.max(state.longestBlock, now - queue.failingSince);
    }
    if (queue.dueAt !== undefined) state.oldestDue = Math.max(state.oldestDue, now - queue.dueAt);
  }
  return state;
}
