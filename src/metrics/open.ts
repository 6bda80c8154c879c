/** Metrics put together: what counts, where it is told, and what it is told of. */
import type { BackupChore } from "../backup/chore.ts";
import type { DeliveryRetention } from "../deliveries/retention.ts";
import type { Pipeline } from "../deliveries/pipeline.ts";
import type { AppMetrics } from "../http/app.ts";
import { Networks } from "../http/networks.ts";
import type { Listening } from "../listen-on/listening.ts";
import type { Logger } from "../log.ts";
import type { Reload } from "../reload/service.ts";
import type { Services } from "../services.ts";
import type { BackupsSeen } from "./house.ts";
import { Metrics } from "./metrics.ts";
import { listenForMetrics } from "./routes.ts";

export interface Watched {
  pipeline: Pipeline;
  retention: DeliveryRetention;
  backups: Pick<BackupChore, "failures"> | undefined;
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
    const { pipeline, retention, backups, reload, door } = await watched;
    return createRegistry({
      ...{ metrics, clock, store },
      dispatch: () => pipeline.state(),
      waiting: (limit) => pipeline.waiting(limit),
      logged: () => retention,
      house: {
        disk: () => care.disk.seen,
        backups: () => backupsSeen(system),
        backupFailures: () => backups?.failures,
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

/** @returns undefined where none are made by the clock, or it cannot be looked up */
async function backupsSeen(system: Observed["system"]): Promise<BackupsSeen | undefined> {
  // A database that is away must not take the other metrics with it.
  const seen = await system.backups().catch(() => undefined);
  if (!seen || seen.path === null) return undefined;
  const { last_at, last_failure } = seen;
  return { lastAt: last_at === null ? null : Date.parse(last_at), failed: last_failure !== null };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
