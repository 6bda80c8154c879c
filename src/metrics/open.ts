/** Metrics put together: what counts, where it is told, and what it is told of. */
import type { DeliveryRetention } from "../deliveries/retention.ts";
import type { Pipeline } from "../deliveries/pipeline.ts";
import type { AppMetrics } from "../http/app.ts";
import { Networks } from "../http/networks.ts";
import type { Listening } from "../listen-on/listening.ts";
import type { Logger } from "../log.ts";
import type { Reload } from "../reload/service.ts";
import type { Services } from "../services.ts";
import { Metrics } from "./metrics.ts";
import { listenForMetrics } from "./routes.ts";

export interface Watched {
  pipeline: Pipeline;
  retention: DeliveryRetention;
  reload: Pick<Reload, "last">;
  door: Pick<Listening, "certificate">;
}

export interface OpenMetrics {
  metrics: Metrics;
  app: AppMetrics;
  /** What is looked at when somebody asks; until it is known, who asks waits. */
  watch(parts: Watched): void;
  stop(): Promise<void>;
}

type Observed = Pick<Services, "config" | "feed" | "store" | "clock" | "care" | "system">;

/** @returns undefined where `metrics.enabled` is false: then nothing is counted */
export function openMetrics(
  { config, feed, store, clock, care, system }: Observed,
  log: Logger,
): OpenMetrics | undefined {
  if (!config.metrics.enabled) return undefined;
  const metrics = new Metrics();
  // The server answers a moment before all of it stands: who asks then waits, and is told of everything.
  const { promise: watched, resolve: watch } = Promise.withResolvers<Watched>();
  store.observe(metrics.store);
  const unlisten = feed.listen((news) => metrics.recorded(news));

  const registry = once(async () => {
    const { createRegistry } = await import("./registry.ts");
    const { pipeline, retention, reload, door } = await watched;
    return createRegistry({
      ...{ metrics, clock, store },
      dispatch: () => pipeline.state(),
      waiting: (limit) => pipeline.waiting(limit),
      logged: () => retention.count,
      house: {
        disk: () => care.disk.seen,
        lastBackup: () => lastBackup(system),
        certificateEnd: () => door.certificate?.notAfter,
        reload: () => reload.last,
        files: () => care.connections.files,
      },
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
    watch,
    stop: async () => {
      unlisten();
      await own?.stop();
    },
  };
}

/** As {@link HouseSources.lastBackup}. */
async function lastBackup(system: Observed["system"]): Promise<number | null | undefined> {
  const { path, last_at } = await system.backups();
  if (path === null) return undefined;
  return last_at === null ? null : Date.parse(last_at);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
