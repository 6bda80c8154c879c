/** Metrics put together: what counts, where it is told, and what it is told of. */
import type { DeliveryRetention } from "../deliveries/retention.ts";
import type { Pipeline } from "../deliveries/pipeline.ts";
import type { AppMetrics } from "../http/app.ts";
import { Networks } from "../http/networks.ts";
import type { Logger } from "../log.ts";
import type { Services } from "../services.ts";
import { Metrics } from "./metrics.ts";
import { listenForMetrics } from "./routes.ts";

export interface OpenMetrics {
  metrics: Metrics;
  app: AppMetrics;
  /** What is looked at when somebody asks. */
  watch(parts: { pipeline: Pipeline; retention: DeliveryRetention }): void;
  stop(): Promise<void>;
}

/** @returns undefined where `metrics.enabled` is false: then nothing is counted */
export function openMetrics(
  { config, feed, store, clock }: Pick<Services, "config" | "feed" | "store" | "clock">,
  log: Logger,
): OpenMetrics | undefined {
  if (!config.metrics.enabled) return undefined;
  const metrics = new Metrics();
  let watched: { pipeline: Pipeline; retention: DeliveryRetention } | undefined;
  store.observe(metrics.store);
  const unlisten = feed.listen((news) => metrics.recorded(news));

  const registry = once(async () => {
    const { createRegistry } = await import("./registry.ts");
    return createRegistry({
      ...{ metrics, clock, store },
      dispatch: () => watched?.pipeline.state(),
      waiting: (limit) => watched?.pipeline.waiting(limit) ?? [],
      logged: () => watched?.retention.count,
    });
  });
  const text = async () => {
    const made = await registry();
    return { body: await made.metrics(), type: made.contentType };
  };
  const told = { text, allowed: new Networks(config.metrics.allowedIps) };
  const own = config.metrics.listen ? listenForMetrics(config.metrics.listen, told) : undefined;
  if (own) log.info("metrics", { url: own.url });
  return {
    metrics,
    app: { http: metrics.http, ...(!own && { route: told }) },
    watch: (parts) => {
      watched = parts;
    },
    stop: async () => {
      unlisten();
      await own?.stop();
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
