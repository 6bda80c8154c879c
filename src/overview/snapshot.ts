/** How an organisation's deliveries fare at this moment: the answer of `GET /api/v1/overview`. */
import type { ReceiverStanding } from "../deliveries/health.ts";
import { isoTime } from "../http/query.ts";
import type { ShownOperation } from "../operations/operation.ts";
import type { Reader } from "../store/store.ts";
import { addMinute, type Batch, type Fared, MINUTE, type MinuteCount } from "./counts.ts";
import { noDurations, percentile } from "./latency.ts";
import {
  deliveringCount,
  faredSince,
  hoursSince,
  minutesSince,
  pendingCount,
  pulsesOf,
  retryingCount,
} from "./queries.ts";

export interface OverviewMinute {
  /** When it began. */
  at: string;
  /** Attempts, by what came of them. */
  delivered: number;
  failed: number;
  attempts: number;
  p50_ms: number | null;
  p95_ms: number | null;
}

export interface OverviewReceiver {
  id: string;
  name: string;
  url: string;
  state: ReceiverState;
  backlog: number;
  oldest_due_at: string | null;
  failing_since: string | null;
  last_delivered_at: string | null;
  /** 0 to 1; null: nothing was attempted. */
  success_rate_1h: number | null;
}

/**
 * `open`: it gets but a probe now and then. `disabled`: nothing is sent to it, also where its account may not do
 * anything. `idle`: nothing waits, and nothing was attempted in the last hour.
 */
export type ReceiverState = "healthy" | "failing" | "disabled" | "idle" | "open";

export interface Overview {
  at: string;
  /** The last 60, oldest first; the last has yet to end. */
  minutes: OverviewMinute[];
  totals: { pending: number; retrying: number; failed_24h: number; delivered_24h: number };
  oldest_due_at: string | null;
  receivers: OverviewReceiver[];
  operations: ShownOperation[];
  database: { kind: "sqlite" | "postgres"; bytes: number } | null;
}

export const MINUTES = 60;
/** The most receivers that are told of. */
export const MOST_RECEIVERS = 50;
/** Beyond this nobody counts what waits: counting more takes longer than is good for a page that is live. */
export const COUNTED = 10_000;
const HOUR = 60 * MINUTE;

export interface Sources {
  organisationId: number;
  /** Milliseconds since 1970. */
  now: number;
  /** All of the organisation's receivers, as the dispatcher knows them. */
  standings: readonly ReceiverStanding[];
  unwritten: readonly Batch[];
  operations: ShownOperation[];
  database: Overview["database"];
}

/** Reads what is stored; its cost does not grow with the log. */
export async function makeOverview(reader: Reader, sources: Sources): Promise<Overview> {
  const { organisationId, now, standings, unwritten, operations, database } = sources;
  const thisMinute = now - (now % MINUTE);
  const since = thisMinute - (MINUTES - 1) * MINUTE;
  const chosen = worstFirst(standings).slice(0, MOST_RECEIVERS);
  const ids = chosen.map(({ id }) => id);
  const counted = { organisationId, most: COUNTED };
  const [stored, [day], [pending], [delivering], [retrying], fared, pulses] = await Promise.all([
    reader.run(minutesSince, { organisationId, since }),
    reader.run(hoursSince, { organisationId, since: now - 24 * HOUR }),
    reader.run(pendingCount, counted),
    reader.run(deliveringCount, counted),
    reader.run(retryingCount, counted),
    ids.length === 0 ? [] : reader.query(faredSince(ids, now - HOUR)),
    ids.length === 0 ? [] : reader.query(pulsesOf(ids)),
  ]);

  const minutes = new Map<number, MinuteCount>();
  const minuteAt = (at: number) => {
    let minute = minutes.get(at);
    if (!minute) minutes.set(at, (minute = nothing()));
    return minute;
  };
  for (const { at, ...count } of stored) addMinute(minuteAt(at), count);
  let { delivered = 0, givenUp = 0 } = day ?? {};
  for (const batch of unwritten) {
    for (const [at, count] of batch.minutes.get(organisationId) ?? []) {
      addMinute(minuteAt(at), count);
      delivered += count.delivered;
      givenUp += count.givenUp;
    }
  }

  const history = historyOf(unwritten, fared, pulses, now - HOUR);
  const dues = standings.flatMap(({ dueAt }) => (dueAt === undefined ? [] : [dueAt]));
  return {
    at: isoTime(now),
    minutes: Array.from({ length: MINUTES }, (_, index) => {
      const at = since + index * MINUTE;
      return shownMinute(at, minutes.get(at) ?? nothing());
    }),
    totals: {
      pending: Math.min(COUNTED, (pending?.count ?? 0) + (delivering?.count ?? 0)),
      retrying: retrying?.count ?? 0,
      failed_24h: givenUp,
      delivered_24h: delivered,
    },
    oldest_due_at: dues.length === 0 ? null : isoTime(dues.reduce((a, b) => Math.min(a, b))),
    receivers: chosen.map((standing) => shownReceiver(standing, history(standing.id))),
    operations,
    database,
  };
}

const nothing = (): MinuteCount => ({
  ...{ attempts: 0, delivered: 0, failed: 0, givenUp: 0, durations: noDurations() },
});

function shownMinute(at: number, { delivered, failed, attempts, durations }: MinuteCount): OverviewMinute {
  return {
    ...{ at: isoTime(at), delivered, failed, attempts },
    p50_ms: percentile(durations, 0.5),
    p95_ms: percentile(durations, 0.95),
  };
}

interface History extends Fared {
  /** Milliseconds since 1970; 0: never. */
  lastDeliveredAt: number;
}

function historyOf(
  unwritten: readonly Batch[],
  fared: readonly (Fared & { receiverId: string })[],
  pulses: readonly { receiverId: string; lastDeliveredAt: number }[],
  since: number,
): (id: string) => History {
  const stored = new Map(fared.map((one) => [one.receiverId, one]));
  const last = new Map(pulses.map((one) => [one.receiverId, one.lastDeliveredAt]));
  return (id) => {
    let { delivered, failed } = stored.get(id) ?? { delivered: 0, failed: 0 };
    let lastDeliveredAt = last.get(id) ?? 0;
    for (const batch of unwritten) {
      const own = batch.receivers.get(id);
      if (!own) continue;
      lastDeliveredAt = Math.max(lastDeliveredAt, own.lastDeliveredAt);
      for (const [at, slot] of own.slots) {
        if (at < since) continue;
        delivered += slot.delivered;
        failed += slot.failed;
      }
    }
    return { delivered, failed, lastDeliveredAt };
  };
}

function shownReceiver(standing: ReceiverStanding, history: History): OverviewReceiver {
  const { id, name, url, backlog, dueAt, failingSince } = standing;
  const attempts = history.delivered + history.failed;
  const time = (ms: number | null | undefined) => (ms ? isoTime(ms) : null);
  return {
    ...{ id, name, url, state: stateOf(standing, attempts), backlog },
    oldest_due_at: time(dueAt),
    failing_since: time(failingSince),
    last_delivered_at: time(history.lastDeliveredAt),
    success_rate_1h: attempts === 0 ? null : history.delivered / attempts,
  };
}

function stateOf({ sends, breaker, failingSince, backlog }: ReceiverStanding, attempts: number) {
  if (!sends) return "disabled";
  if (breaker !== "closed") return "open";
  if (failingSince !== null) return "failing";
  return backlog === 0 && attempts === 0 ? "idle" : "healthy";
}

/** Those that fail, the longest first; then those with something waiting; those that nothing is sent to last. */
export function worstFirst(standings: readonly ReceiverStanding[]): ReceiverStanding[] {
  const rank = ({ sends, failingSince, breaker, backlog }: ReceiverStanding) =>
    !sends ? 3 : failingSince !== null || breaker !== "closed" ? 0 : backlog > 0 ? 1 : 2;
  return [...standings].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.failingSince ?? Infinity) - (b.failingSince ?? Infinity) ||
      (a.dueAt ?? Infinity) - (b.dueAt ?? Infinity) ||
      b.backlog - a.backlog ||
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}
