/**
 * From a push to its deliveries in one trace: what was changed in a trace is remembered with the change's sequence, a
 * bundle goes on in the trace of its first change and links to the others', and each attempt is a span of the bundle.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { Rounds } from "../rounds.ts";
import type { Store, Transaction } from "../store/store.ts";
import { formatTraceparent, parseTraceparent, type TraceContext } from "./context.ts";
import {
  changeTraces,
  deliveryTrace,
  dropChangeTraces,
  dropDeliveryTraces,
  putChangeTrace,
  putDeliveryTrace,
} from "./queries.ts";
import type { Span, Tracing } from "./tracing.ts";

/** Links of a span beyond these say nothing more. */
const LINKS = 64;
/** What is older is forgotten: a receiver that is behind by more is sent outside of any trace, milliseconds. */
const KEEP_MS = 3 * 86_400_000;
const ROUND_MS = 3_600_000;
const AT_ONCE = 500;

export interface Bundle {
  organisationId: number;
  receiverId: string;
  /** Sequences of its changes, in order. */
  sequences: readonly number[];
  /** Ids of its deliveries. */
  deliveries: readonly string[];
  /** Milliseconds since 1970. */
  at: number;
}

/** Remembers with a change in which trace it was made. */
export async function keepChangeTrace(
  tx: Transaction,
  change: { organisationId: number; sequence: number; trace: TraceContext; at: number },
): Promise<void> {
  const { organisationId, sequence, trace, at } = change;
  if (!trace.sampled) return;
  await tx.run(putChangeTrace, { organisationId, sequence, trace: formatTraceparent(trace), at });
}

export class DeliveryTraces {
  readonly #tracing: Tracing;
  readonly #store: Store;

  constructor(tracing: Tracing, store: Store) {
    this.#tracing = tracing;
    this.#store = store;
  }

  /**
   * Begins a bundle's span where one of its changes was made in a trace.
   * @returns the span, to be ended when the bundle is stored
   */
  async bundled(tx: Transaction, bundle: Bundle): Promise<Span | undefined> {
    const { organisationId, sequences, deliveries, receiverId, at } = bundle;
    const [from, to] = [sequences[0], sequences.at(-1)];
    if (from === undefined || to === undefined) return undefined;
    const mine = new Set(sequences);
    const rows = await tx.run(changeTraces, { organisationId, from, to, limit: AT_ONCE });
    const traces = rows.filter(({ sequence }) => mine.has(sequence)).map(({ trace }) => trace);
    const [first, ...others] = [...new Set(traces)].slice(0, LINKS);
    const parent = parseTraceparent(first ?? null);
    if (!parent) return undefined;
    const span = this.#tracing.begin("bundle", {
      ...{ kind: "producer", parent, at },
      links: others.flatMap((one) => parseTraceparent(one) ?? []),
      attributes: {
        "koppla.receiver_id": receiverId,
        "koppla.changes": sequences.length,
        "messaging.batch.message_count": deliveries.length,
      },
    });
    const trace = formatTraceparent(span.context);
    for (const deliveryId of deliveries)
      await tx.run(putDeliveryTrace, { deliveryId, trace, links: others, at });
    return span;
  }

  /** Begins the span of an attempt, in its bundle's trace, else in one of its own. */
  async attempt(
    delivery: { id: string; attempts: number },
    receiver: { id: string; url: string },
  ): Promise<Span> {
    const [row] = await this.#store.read((reader) => reader.run(deliveryTrace, { deliveryId: delivery.id }));
    const { hostname, port, protocol } = new URL(receiver.url);
    return this.#tracing.begin("POST", {
      kind: "client",
      parent: parseTraceparent(row?.trace ?? null),
      attributes: {
        "http.request.method": "POST",
        "server.address": hostname,
        "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
        "koppla.receiver_id": receiver.id,
        "messaging.message.id": delivery.id,
        "http.request.resend_count": delivery.attempts,
      },
    });
  }

  /** Forgets what is old. */
  rounds({ clock, log }: { clock: Clock; log: Pick<Logger, "error"> }): Rounds {
    return new Rounds({
      ...{ clock, log, pause: ROUND_MS, failure: "old traces could not be removed" },
      round: async () => {
        const before = clock.now() - KEEP_MS;
        const old = { before, limit: AT_ONCE };
        while ((await this.#store.write((tx) => tx.run(dropChangeTraces, old))).length > 0);
        while ((await this.#store.write((tx) => tx.run(dropDeliveryTraces, old))).length > 0);
        return clock.now() + ROUND_MS;
      },
    });
  }
}
