/** What the pipeline does for a receiver when somebody asks: a test, and how it fares. */
import { type Sealed, sealTest } from "../deliveries/body.ts";
import type { SentNow } from "../deliveries/pipeline.ts";
import type { Outcome } from "../deliveries/attempt.ts";
import type { Health } from "../deliveries/health.ts";
import type { Clock } from "../clock.ts";
import { isoTime } from "../http/query.ts";
import { Problem } from "../problem.ts";
import type { Receiver } from "./receiver.ts";

/** As far as it is needed here; `deliveries/pipeline.ts` says what each does. */
export interface Deliverer {
  sendNow(receiverId: string, make: (receiver: Receiver) => Sealed): Promise<SentNow>;
  health(receiver: Pick<Receiver, "id" | "accountId">): Promise<Health | undefined>;
}

/** What came of a test. */
export interface ShownTest {
  delivery_id: string;
  /** `delivering`: it had not ended when this was answered; the log tells the rest. */
  status: "delivered" | "failed" | "delivering";
  status_code: number | null;
  error: string | null;
  detail: string | null;
  address: string | null;
  duration_ms: number | null;
  response_body: string | null;
}

export interface ShownHealth {
  /** Of the circuit breaker: while it is `open`, nothing is sent but a probe now and then. */
  state: Health["state"];
  consecutive_failures: number;
  next_probe_at: string | null;
  /** Why nothing is sent though it is enabled. */
  paused: string | null;
}

/** A caller waits so long for a test's end, milliseconds: less than most proxies wait for an answer. */
const PATIENCE = 25_000;

export class Delivering {
  readonly #clock: Clock;
  #deliverer: Deliverer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on `deliverer` does it. */
  bind(deliverer: Deliverer): void {
    this.#deliverer = deliverer;
  }

  /**
   * Sends a receiver a test, through the path of all deliveries, and waits for what comes of it.
   * @throws Problem `not_found`, `conflict` for one that is removed, `unavailable` where nothing delivers (yet)
   */
  async test(
    receiverId: string,
    told: { publicUrl: string; organisation: string },
    patience: number = PATIENCE,
  ): Promise<ShownTest> {
    const deliverer = this.#deliverer;
    if (!deliverer) throw new Problem("unavailable", "Deliveries have yet to begin.");
    const { delivery, outcome } = await deliverer.sendNow(receiverId, ({ id, format }) =>
      sealTest(format, id, this.#clock.now(), told),
    );
    let cancel = () => {};
    const late = new Promise<undefined>((resolve) => {
      cancel = this.#clock.after(patience, () => resolve(undefined));
    });
    return showTest(delivery, await Promise.race([outcome, late]).finally(() => cancel()));
  }

  /** Null where nothing is known: it is removed, or nothing delivers. */
  async health(receiver: Pick<Receiver, "id" | "accountId">): Promise<ShownHealth | null> {
    const health = await this.#deliverer?.health(receiver);
    if (!health) return null;
    return {
      state: health.state,
      consecutive_failures: health.consecutiveFailures,
      next_probe_at: health.nextProbeAt === null ? null : isoTime(health.nextProbeAt),
      paused: health.paused ?? null,
    };
  }
}

function showTest(delivery: string, outcome: Outcome | undefined): ShownTest {
  return {
    delivery_id: delivery,
    status: outcome === undefined ? "delivering" : outcome.delivered ? "delivered" : "failed",
    status_code: outcome?.status ?? null,
    error: outcome?.error ?? null,
    detail: outcome?.detail ?? null,
    address: outcome?.address ?? null,
    duration_ms: outcome?.durationMs ?? null,
    response_body: outcome === undefined || outcome.body === "" ? null : outcome.body,
  };
}
