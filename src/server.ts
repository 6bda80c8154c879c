/** The running server: listens, delivers, and stops without losing anything. */
import { openAuditCopies } from "./audit/forward/open.ts";
import { setRightAfterAhead } from "./care/after-ahead.ts";
import { loadConfig } from "./config/load.ts";
import type { Config } from "./config/types.ts";
import { ControlSocket } from "./control/socket.ts";
import { type Pipeline, startPipeline } from "./deliveries/pipeline.ts";
import { LiveLog } from "./deliveries/live.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { createApp } from "./http/app.ts";
import { problem } from "./http/respond.ts";
import { createLogger, type Logger } from "./log.ts";
import { enter, type Entrance } from "./listen-on/entrance.ts";
import type { Listening } from "./listen-on/listening.ts";
import { openMetrics } from "./metrics/open.ts";
import { OperationRunner } from "./operations/runner.ts";
import { Recorder } from "./overview/recorder.ts";
import { Problem } from "./problem.ts";
import { wishesOf } from "./provision/of-config.ts";
import { provision } from "./provision/start.ts";
import { reindex } from "./records/reindex.ts";
import { Reload, type Reloaded } from "./reload/service.ts";
import { requestRoom } from "./reexec.ts";
import { openTraces } from "./tracing/open.ts";
import { openServices, type Services } from "./services.ts";

export interface RunningServer {
  /** Where it listens: `http://127.0.0.1:8080`. */
  url: string;
  services: Services;
  /** By which commands on this machine reach it. */
  control: ControlSocket;
  /** Takes the configuration as it is now. @throws Problem as {@link Reload.now} */
  reload(): Promise<Reloaded>;
  /** For what may change while it listens: `reload`. */
  listening: Listening;
  /** No new requests; those under way are answered, deliveries in flight finish or are put back. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  log?: Logger;
  /** Where it listens already. */
  entrance?: Entrance;
  /** Told of each reload, whoever asks for it: what supervises this process wants to know. */
  reloading?: <R>(work: () => Promise<R>) => Promise<R>;
}

/** How long requests under way may take to end when the server stops, milliseconds. */
const DRAIN_MS = 8_000;

export async function startServer(config: Config, options: ServerOptions = {}): Promise<RunningServer> {
  const log = options.log ?? createLogger(config.log);
  const { door, publicUrl, lock, leave } = options.entrance ?? (await enter(config, log));
  const { wishes, services } = await open(config).catch(async (error: unknown) => {
    await leave();
    throw error;
  });
  let control: ControlSocket | undefined;
  const stopping = new AbortController();
  try {
    await provision(services, wishes, log);
    await reindex({ ...services, log });
    await setRightAfterAhead({ ...services, log });
    services.oauth.serveAt(publicUrl);
    const { chores } = services.schedules;
    chores.add("idempotency-retention", services.idempotency.rounds(log));
    chores.add("token-removal", services.oauth.janitor);
    // Before anything is claimed.
    await services.nodes.start(log);
    await services.idempotency.start(log);
    // What died while a channel was called is settled before anybody asks for it.
    await services.publishing.start({ log, publicUrl });
    await services.oauth.start(log);
    let pipeline: Pipeline | undefined;
    const nudge = (receiverId: string) => pipeline?.nudge(receiverId);
    const measured = openMetrics(services, log);
    const traces = await openTraces(services, log);
    if (traces) {
      chores.add("trace-removal", traces.rounds);
      traces.rounds.start();
    }
    const app = createApp({
      ...{ services, log, publicUrl, stopping: stopping.signal, nudge },
      ...{ metrics: measured?.app, traces: traces?.requests },
    });
    // Whoever has seen that the server is ready finds its socket; what it asks waits until all has begun.
    const live = new LiveLog();
    const begun = Promise.withResolvers<Reload>();
    begun.promise.catch(() => {});
    const { reloading = (work) => work() } = options;
    const reloaded = async () => {
      const reload = await begun.promise;
      return await reloading(() => reload.now());
    };
    const opened = await ControlSocket.open(config, { log, now: services.clock.now() });
    control = opened;
    opened.handle("POST", "/reload", async () => Response.json(await reloaded()));
    opened.handle("GET", "/log", (request) => live.answer(request));
    opened.handle("GET", "/peer-clocks", () => Response.json(services.peerClocks.all));
    services.addresses.bind(door.peers);
    await services.care.start(log, door);
    await door.serve(app);
    const { url } = door;
    log.info("listening", { url, public_url: publicUrl, database: config.database.kind });
    const wanted = config.webhooks.maxInFlight;
    const { room: maxInFlight, cause } = requestRoom(wanted);
    if (cause !== undefined) {
      log.warn("fewer deliveries at once than webhooks.max_in_flight", {
        wanted,
        possible: maxInFlight,
        cause,
      });
    }
    pipeline = await startPipeline({
      ...{ services, log, publicUrl, maxInFlight, traces: traces?.deliveries },
      observer: {
        ...measured?.metrics.deliveries,
        attempted: (attempt, news) => {
          services.overview.counts.add(attempt);
          live.tell(attempt, news);
        },
      },
    });
    services.receivers.delivering.bind(pipeline);
    services.overview.bind(pipeline);
    const recorder = new Recorder({ ...services, log, counts: services.overview.counts });
    recorder.start();
    const housekeeping = await startHousekeeping(services, log);
    // The routes have made the kinds of operation known.
    const runner = new OperationRunner({ ...services, log, atOnce: config.operations.atOnce });
    services.actions.logTo(log);
    const auditCopies = await openAuditCopies(services, log);
    await runner.start();
    await services.schedules.start(log);
    services.outbox.start(log);
    await services.nodes.watch();
    const reload = new Reload({
      ...{ services, log, pipeline, load: () => loadAgain(config) },
      certificate: (server) => door.reload(server),
    });
    const { deliveries: retention, backups } = housekeeping;
    measured?.watch({ pipeline, retention, backups, reload, door });
    begun.resolve(reload);
    return {
      url,
      services,
      control: opened,
      reload: reloaded,
      listening: door,
      stop: async () => {
        stopping.abort();
        await opened.stop();
        await reload.stop();
        // On connections that are kept alive requests would go on coming: they are told to try elsewhere.
        door.refuse(refuse);
        await services.schedules.stop();
        // Deliveries and requests end side by side; what hangs is cut off.
        await Promise.all([
          ...[door.drained(DRAIN_MS), pipeline.stop(DRAIN_MS), runner.stop(), housekeeping.stop()],
          ...[services.idempotency.stop(), services.publishing.stop(), measured?.stop()],
          services.nodes.stop(),
        ]);
        await Promise.all([
          services.outbox.stop(),
          auditCopies.stop(),
          recorder.stop(),
          services.care.stop(),
        ]);
        await traces?.stop();
        await door.close();
        await services.close();
        lock.release();
        log.info("stopped");
      },
    };
  } catch (error) {
    await control?.stop();
    await door.close();
    await services.care.stop();
    await services.close();
    lock.release();
    throw error;
  }
}

async function open(config: Config) {
  // What it cannot have is told before a database is made.
  const wishes = wishesOf(config);
  return { wishes, services: await openServices(config) };
}

function refuse(request: Request): Response {
  const headers = { connection: "close", "retry-after": "1" };
  return problem(request, new Problem("unavailable", "The server is stopping.", { headers }));
}

/** @throws {ConfigError}; Problem `conflict` for a server that was started without a file */
async function loadAgain({ file }: Config): Promise<Config> {
  if (file === null) throw new Problem("conflict", "The server was started without a configuration file.");
  return await loadConfig(file, process.env);
}
