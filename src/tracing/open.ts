/** Puts together what traces are made of, where they are wanted. */
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import type { Logger } from "../log.ts";
import type { Rounds } from "../rounds.ts";
import type { Store } from "../store/store.ts";
import { traceWrites } from "./context.ts";
import { DeliveryTraces } from "./deliveries.ts";
import { RequestTraces } from "./requests.ts";

export interface Traces {
  requests: RequestTraces;
  deliveries: DeliveryTraces;
  /** Removes what is old; to be started. */
  rounds: Rounds;
  /** Sends what waits. */
  stop(): Promise<void>;
}

/** @returns undefined where no traces are wanted: nothing of it costs anything then */
export async function openTraces(
  services: { config: Pick<Config, "tracing">; store: Store; clock: Clock },
  log: Logger,
): Promise<Traces | undefined> {
  const { config, store, clock } = services;
  if (!config.tracing) return undefined;
  const { Tracing } = await import("./tracing.ts");
  const tracing = new Tracing(config.tracing);
  traceWrites(store);
  const deliveries = new DeliveryTraces(tracing, store);
  const rounds = deliveries.rounds({ clock, log });
  return {
    ...{ requests: new RequestTraces(tracing), deliveries, rounds },
    stop: async () => {
      await rounds.stop();
      await tracing.stop();
    },
  };
}
