/**
 * The metrics by name, as Prometheus reads them. Made when somebody asks for the first time: until then prom-client is
 * not even read. Everything is taken from {@link Metrics} or looked up at that moment; nothing here counts.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

import type { Clock } from "../clock.ts";
import type { DispatchState, WaitingReceiver } from "../deliveries/health.ts";
import type { Store } from "../store/store.ts";
import { version } from "../version.ts";
import type { Buckets } from "./buckets.ts";
import { houseMetrics, type HouseSources } from "./house.ts";
import type { Metrics } from "./metrics.ts";

export interface MetricSources {
  metrics: Metrics;
  clock: Clock;
  store: Pick<Store, "size">;
  /** How deliveries fare; undefined while they are not begun. */
  dispatch: () => DispatchState | undefined;
  /** Receivers with something waiting, the worst first, at most so many. */
  waiting: (limit: number) => readonly WaitingReceiver[];
  /** Deliveries in the log and the bytes that they take, as they were counted and estimated last. */
  logged: () => { count: number | undefined; bytes: number | undefined };
  /** Disk, backups, certificate, reloads, files. */
  house: HouseSources;
}

/** More receivers are not told of: each is a time series that somebody's Prometheus keeps for weeks. */
const MOST_RECEIVERS = 100;
/** The size of the database is not looked up more often, ms. */
const SIZE_AGE_MS = 15_000;
/** How often the loop is looked at, ms: more often would keep an idle machine awake. */
const LOOP_RESOLUTION_MS = 50;

/** @returns the registry; `metrics()` of it is the text */
export function createRegistry(sources: MetricSources): Registry {
  const registry = new Registry();
  const registers = [registry];
  const { metrics, dispatch } = sources;

  const gauge = (name: string, help: string, read: () => number | undefined | Promise<number | undefined>) =>
    new Gauge({
      ...{ name, help, registers },
      async collect() {
        this.reset();
        const value = await read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  const counter = (name: string, help: string, read: () => number | undefined) =>
    new Counter({
      ...{ name, help, registers },
      collect() {
        this.reset();
        const value = read();
        if (value === undefined) this.remove();
        else this.inc(value);
      },
    });
  const histogram = (name: string, help: string, read: () => Iterable<Labelled>, labelNames: string[] = []) =>
    registry.registerMetric(new ReadHistogram({ name, help, labelNames, registers: [] }, read));

  new Gauge({
    ...{ name: "koppla_build_info", help: "The program that runs: always 1.", registers },
    labelNames: ["version"],
    collect() {
      this.set({ version }, 1);
    },
  });
  processMetrics(gauge, counter);
  loopMetrics(registers);
  houseMetrics({ gauge, counter }, sources.house, sources.clock);

  counter(
    "koppla_changes_recorded_total",
    "Changes accepted, each time an object changed.",
    () => metrics.changesRecorded,
  );
  counter(
    "koppla_changes_bundled_total",
    "Changes that bundles tell of, for each receiver: with one receiver of everything, less than those recorded by what was merged.",
    () => metrics.changesBundled,
  );
  counter("koppla_deliveries_made_total", "Deliveries made of bundles.", () => metrics.deliveriesMade);
  counter(
    "koppla_deliveries_delivered_total",
    "Deliveries that a receiver has taken.",
    () => metrics.deliveriesDelivered,
  );
  new Counter({
    ...{ name: "koppla_attempts_failed_total", help: "Attempts that failed, by class of error.", registers },
    labelNames: ["error"],
    collect() {
      this.reset();
      for (const [error, count] of metrics.attemptsFailed) this.inc({ error }, count);
    },
  });

  gauge("koppla_attempts_in_flight", "Attempts under way.", () => dispatch()?.inFlight);
  gauge("koppla_deliveries_queued", "Deliveries that are not at rest.", () => dispatch()?.queued);
  gauge(
    "koppla_oldest_due_seconds",
    "How long the delivery has been due that waits longest to be sent.",
    () => seconds(dispatch()?.oldestDue),
  );
  gauge(
    "koppla_breakers_open",
    "Receivers that get but a probe now and then, because they fail.",
    () => dispatch()?.openBreakers,
  );
  gauge("koppla_receivers_failing", "Receivers of which every attempt fails.", () => dispatch()?.failing);
  gauge("koppla_receivers_held", "Receivers that asked to be left alone (429, 503).", () => dispatch()?.held);
  gauge(
    "koppla_receivers_paused",
    "Receivers that are enabled and get nothing, as their account may not do anything.",
    () => dispatch()?.paused,
  );
  gauge(
    "koppla_ordered_blocked_seconds",
    "How long an ordered receiver has been blocked by its oldest delivery, at most.",
    () => seconds(dispatch()?.longestBlock),
  );
  receiverMetrics(registers, sources);

  histogram("koppla_store_sync_seconds", "How long the disk took to sync a commit (SQLite).", () => [
    { labels: {}, buckets: metrics.syncs },
  ]);
  histogram("koppla_store_batch_writes", "Writes that shared a commit.", () => [
    { labels: {}, buckets: metrics.batches },
  ]);
  const size = cachedSize(sources);
  gauge("koppla_database_bytes", "The size of the database.", async () => (await size()).database);
  gauge(
    "koppla_database_wal_bytes",
    "The size of the write-ahead log beside it (SQLite).",
    async () => (await size()).wal,
  );
  gauge(
    "koppla_log_deliveries",
    "Deliveries in the webhook log, as they were counted last.",
    () => sources.logged().count,
  );
  gauge(
    "koppla_log_bytes",
    "What the webhook log takes of the database, with attempts and bodies: an estimate by 200 of its deliveries.",
    () => sources.logged().bytes,
  );

  new Counter({
    ...{ name: "koppla_http_requests_total", help: "Requests answered.", registers },
    labelNames: ["method", "route", "status"],
    collect() {
      this.reset();
      for (const { method, route, byStatus } of metrics.http.routes())
        for (const [status, count] of byStatus) this.inc({ method, route, status: String(status) }, count);
    },
  });
  histogram(
    "koppla_http_request_seconds",
    "Until an answer began.",
    function* () {
      for (const { method, route, durations } of metrics.http.routes())
        yield { labels: { method, route }, buckets: durations };
    },
    ["method", "route"],
  );
  return registry;
}

type Registers = Registry[];
type Make<R> = (name: string, help: string, read: () => R) => unknown;

function processMetrics(gauge: Make<number | undefined>, counter: Make<number>): void {
  const started = Date.now() / 1000 - process.uptime();
  gauge("process_start_time_seconds", "When the process started, since 1970.", () => started);
  counter("process_cpu_seconds_total", "CPU time used.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge("process_resident_memory_bytes", "Memory in use.", () => process.memoryUsage.rss());
  gauge("process_heap_bytes", "Memory of JavaScript in use.", () => process.memoryUsage().heapUsed);
}

/** How late the event loop is. Each time it is asked for, the time since it was asked for last. */
function loopMetrics(registers: Registers): void {
  const delays = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  delays.enable();
  new Gauge({
    ...{ name: "koppla_event_loop_delay_seconds", registers },
    help: "How late the event loop was since it was asked last: half of the time, 99 % of the time, at worst.",
    labelNames: ["quantile"],
    collect() {
      const at = { "0.5": delays.percentile(50), "0.99": delays.percentile(99), "1": delays.max };
      for (const [quantile, ns] of Object.entries(at)) this.set({ quantile }, Math.max(0, ns) / 1e9);
      delays.reset();
    },
  });
}

function receiverMetrics(registers: Registers, { waiting }: MetricSources): void {
  const labelNames = ["receiver", "name"];
  const of = (name: string, help: string, value: (receiver: WaitingReceiver) => number) =>
    new Gauge({
      ...{ name, help, registers, labelNames },
      collect() {
        this.reset();
        for (const one of waiting(MOST_RECEIVERS))
          this.set({ receiver: one.id, name: one.name.toWellFormed() }, value(one));
      },
    });
  of(
    "koppla_receiver_queued",
    "Deliveries of a receiver that are not at rest; of the 100 worst.",
    (one) => one.queued,
  );
  of(
    "koppla_receiver_oldest_due_seconds",
    "How long a receiver's delivery has been due that waits longest.",
    (one) => one.oldestDue / 1000,
  );
}

interface Labelled {
  labels: Record<string, string>;
  buckets: Buckets;
}

/** A histogram that is read, not observed. */
class ReadHistogram extends Histogram {
  readonly #config: { name: string; help: string };
  readonly #read: () => Iterable<Labelled>;

  constructor(
    config: { name: string; help: string; labelNames: string[]; registers: Registers },
    read: () => Iterable<Labelled>,
  ) {
    super(config);
    this.#config = config;
    this.#read = read;
  }

  /** What the registry asks when it writes text (prom-client 15; pinned, and the tests would tell). */
  getForPromString() {
    const { name, help } = this.#config;
    const values = [...this.#read()].flatMap((one) => samples(name, one));
    return { name, help, type: "histogram", aggregator: "sum", values };
  }
}

function samples(name: string, { labels, buckets }: Labelled) {
  let below = 0;
  const sample = (suffix: string, value: number, more: Record<string, string | number> = {}) => ({
    ...{ metricName: `${name}_${suffix}`, value, labels: { ...labels, ...more } },
  });
  return [
    ...buckets.bounds.map((le, index) => sample("bucket", (below += buckets.counts[index] ?? 0), { le })),
    sample("bucket", buckets.count, { le: "+Inf" }),
    sample("sum", buckets.sum),
    sample("count", buckets.count),
  ];
}

function cachedSize({ store, clock }: MetricSources) {
  let known: { at: number; size: ReturnType<Store["size"]> } | undefined;
  return () => {
    const now = clock.now();
    if (!known || Math.abs(now - known.at) > SIZE_AGE_MS) known = { at: now, size: store.size() };
    return known.size;
  };
}

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
