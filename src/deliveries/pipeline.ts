/** From the feed to the receivers: bundler and dispatcher put together, kept up with the receivers as they change. */
import { watchedTopics } from "../changes/visible.ts";
import type { Logger } from "../log.ts";
import { OutgoingTokens } from "../outgoing/oauth-client.ts";
import type { Send } from "../outgoing/request.ts";
import type { Receiver } from "../receivers/receiver.ts";
import { type Rehearsal, rehearsal } from "../rehearsal.ts";
import type { Services } from "../services.ts";
import type { DeliveryTraces } from "../tracing/deliveries.ts";
import { Problem } from "../problem.ts";
import type { Outcome } from "./attempt.ts";
import type { Sealed } from "./body.ts";
import { Bundler } from "./bundler.ts";
import { ACCOUNT_DISABLED } from "./claim.ts";
import { bundleCloser, type CloseDependencies } from "./close.ts";
import { Dispatcher, type Observer } from "./dispatcher.ts";
import type { DispatchState, Health, ReceiverStanding, WaitingReceiver } from "./health.ts";
import { parentsOf } from "./merge.ts";
import { Patience } from "./patience.ts";
import { storeNow } from "./succeed.ts";

export interface Pipeline {
  /** The configuration has changed: what was made of it for each receiver is made anew. */
  reload(): Promise<void>;
  /** A receiver's deliveries were changed in the store (a resend). */
  nudge(receiverId: string): void;
  /**
   * Makes a delivery of its own and one attempt of it, past the queue, also where the receiver is disabled or fails.
   * @param make  what is sent, to the receiver as it is now
   * @returns the delivery's id, and what came of it when that is stored
   * @throws Problem `not_found`, `conflict` for a receiver that is removed
   */
  sendNow(receiverId: string, make: (receiver: Receiver) => Sealed): Promise<SentNow>;
  /** How a receiver fares. Reads whether its account may do anything. */
  health(receiver: Pick<Receiver, "id" | "accountId">): Promise<Health | undefined>;
  /** For metrics. Looks at every receiver. */
  state(): DispatchState;
  /** For metrics: receivers with something waiting, the worst first. */
  waiting(limit: number): WaitingReceiver[];
  /** How an organisation's receivers stand. Looks at every receiver. */
  standings(organisationId: number): ReceiverStanding[];
  /** Begins nothing more, waits up to `ms` for what is in flight. */
  stop(ms: number): Promise<void>;
}

export interface SentNow {
  delivery: string;
  outcome: Promise<Outcome>;
}

export interface PipelineOptions {
  services: Services;
  log: Logger;
  publicUrl: string;
  send?: Send;
  random?: () => number;
  /** Attempts in flight to all receivers: fewer than the setting's where the process has not the room. */
  maxInFlight?: number;
  /** Told of bundles and attempts as they come to pass. */
  observer?: Observer & Pick<CloseDependencies, "closed">;
  /** Where traces are wanted. */
  traces?: DeliveryTraces | undefined;
}

/** @param progressed  told when a receiver's deliveries came to rest or it failed */
function createDispatcher(options: PipelineOptions, progressed: (receiverId: string) => void): Dispatcher {
  const { services, log } = options;
  const { store, clock, accounts, types, topics, receivers, config, outbox, nodes } = services;
  const send = options.send ?? services.send;
  const disable = (receiver: Receiver, reason: string) => receivers.disableByServer(receiver.id, reason);
  const patience = new Patience({
    ...{ store, clock, log, disable },
    get disableAfter() {
      return config.webhooks.disableAfter;
    },
    mail: (tx, mail) => outbox.queue(tx, mail),
    admin: config.smtp?.admin ?? undefined,
  });
  return new Dispatcher({
    store,
    clock,
    log,
    accounts,
    types,
    topics,
    patience,
    nodes,
    observer: options.observer ?? {},
    traces: options.traces,
    send,
    tokens: new OutgoingTokens({ send, clock }),
    random: options.random ?? Math.random,
    get timeout() {
      return config.webhooks.timeout;
    },
    concurrency: config.webhooks.concurrency,
    maxInFlight: options.maxInFlight ?? config.webhooks.maxInFlight,
    progressed,
    gone: (receiver) => {
      log.warn("receiver answered 410 and is disabled", { receiver_id: receiver.id });
      return disable(receiver, "The receiver answered 410 Gone.");
    },
  });
}

function sendNowBy(dispatcher: Dispatcher, { store, clock, receivers }: Services): Pipeline["sendNow"] {
  return async (receiverId, make) => {
    const { receiver, sealed, node } = await store.write(async (tx) => {
      const found = await receivers.byId(tx, receiverId);
      if (!found) throw new Problem("not_found", `There is no receiver ${receiverId}.`);
      if (found.deletedAt !== null) throw new Problem("conflict", "The receiver is deleted.");
      const made = make(found);
      const by = { dialect: store.dialect, node: store.presence?.number ?? null };
      await storeNow(tx, by, found, made, clock.now(), dispatcher.leaseEnd());
      return { receiver: found, sealed: made, node: by.node };
    });
    const dry = rehearsal();
    if (dry) return { delivery: sealed.id, outcome: Promise.resolve(asIfTaken(dry, receiver, clock.now())) };
    const outcome = dispatcher.sendNow(receiver, { ...sealed, attempts: 0, scheduleFrom: 0, node });
    outcome.catch(() => {}); // nobody may wait for it
    return { delivery: sealed.id, outcome };
  };
}

/** What is told of a delivery that was not sent: that it went well. */
function asIfTaken(dry: Rehearsal, { url }: Receiver, at: number): Outcome {
  dry.unsent.push({ method: "POST", url });
  const { hostname: address } = new URL(url);
  return { delivered: true, status: 204, body: "", at, durationMs: 0, requestHeaders: {}, address };
}

/** For a process that sends what it is told to and nothing else, beside a server that runs or without one. */
export function openSender(options: PipelineOptions): Pick<Pipeline, "sendNow" | "stop"> {
  const dispatcher = createDispatcher(options, () => {});
  return { sendNow: sendNowBy(dispatcher, options.services), stop: (ms) => dispatcher.stop(ms) };
}

/** Starts the delivery of webhooks. Resolves when everything left by an earlier process has been taken up. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { services, log, publicUrl, observer = {} } = options;
  const { store, feed, clock, accounts, types, topics, receivers, organisations, config } = services;

  const parents = new Map(parentsOf(config.types));
  const dispatcher = createDispatcher(options, (receiverId) => bundler.progressed(receiverId));
  const bundler = new Bundler({
    store,
    feed,
    clock,
    log,
    // What leaves a limited view is an update to others.
    topics: { all: topics.all, known: (patterns) => [...watchedTopics(types, topics.known(patterns))] },
    wants: (receiverId) => dispatcher.wants(receiverId),
    close: bundleCloser({
      store,
      feed,
      clock,
      accounts,
      types,
      topics,
      publicUrl,
      organisationCode: async (id) => (await organisations.byId(id)).code,
      lease: (receiverId, count) => dispatcher.lease(receiverId, count),
      accept: (receiverId, deliveries, lease) => dispatcher.accept(receiverId, deliveries, lease),
      parents,
      ownData: (reader, row) => services.messages.told(reader, row),
      open: (receiverId) => dispatcher.open(receiverId),
      superseded: (...what) => dispatcher.superseded(...what),
      pause: (receiverId) => dispatcher.pause(receiverId, ACCOUNT_DISABLED),
      ...(observer.closed && { closed: observer.closed }),
      traces: options.traces,
    }),
  });

  // Receivers as they were when last loaded, to see which are gone or changed.
  const known = new Map<string, Receiver>();
  const take = async (receiver: Receiver): Promise<void> => {
    // Its `modifiedAt` grows with every change but those of the cursor, which the bundler itself makes.
    if (known.get(receiver.id)?.modifiedAt === receiver.modifiedAt) return;
    known.set(receiver.id, receiver);
    dispatcher.update(receiver);
    await bundler.update(receiver);
  };
  const drop = (id: string): void => {
    known.delete(id);
    dispatcher.remove(id);
    bundler.remove(id);
  };
  const begin = async (): Promise<void> => {
    const loaded = await store.read((reader) => receivers.load(reader));
    for (const receiver of loaded) known.set(receiver.id, receiver);
    await dispatcher.start(loaded);
    await bundler.start(loaded);
  };
  const reloadAll = async (): Promise<void> => {
    const loaded = await store.read((reader) => receivers.load(reader));
    const ids = new Set(loaded.map(({ id }) => id));
    for (const id of known.keys()) if (!ids.has(id)) drop(id);
    for (const receiver of loaded) await take(receiver);
  };
  const reloadOne = async (id: string): Promise<void> => {
    const receiver = await store.read((reader) => receivers.byId(reader, id));
    if (receiver && receiver.deletedAt === null) await take(receiver);
    else drop(id);
  };

  const renewAll = async (): Promise<void> => {
    parents.clear();
    for (const [type, parent] of parentsOf(config.types)) parents.set(type, parent);
    // What they come to has changed, though not their rows.
    known.clear();
    await reloadAll();
  };

  // One after the other, the start first, so that an older state never overwrites a newer one.
  let stopped = false;
  const started = begin();
  let reloading = started;
  const inTurn = (reload: () => Promise<void>): void => {
    reloading = reloading
      .then(() => (stopped ? undefined : reload()))
      .catch((error: unknown) => log.error("receivers could not be loaded", { error }));
  };
  const unlisten = receivers.onChanged((_, ids) => ids.forEach((id) => inTurn(() => reloadOne(id))));
  store.subscribe((message) => {
    if (message.kind === "receivers") inTurn(() => reloadOne(message.id));
    else if (message.kind === "all") {
      inTurn(reloadAll);
      dispatcher.resume();
    }
  });
  const unlistenAccounts = accounts.onChanged(() => {
    if (!rehearsal()) dispatcher.resume();
  });
  await started;

  return {
    reload: async () => {
      inTurn(renewAll);
      await reloading;
    },
    nudge: (receiverId) => {
      if (!rehearsal()) void dispatcher.nudge(receiverId);
    },
    sendNow: sendNowBy(dispatcher, services),
    health: async ({ id, accountId }) => {
      const health = dispatcher.health(id);
      const account = await store.read((reader) => accounts.rights(reader, accountId));
      const paused = account?.active ? {} : { paused: ACCOUNT_DISABLED };
      return health && { ...health, ...paused };
    },
    state: () => dispatcher.state(),
    waiting: (limit) => dispatcher.waiting(limit),
    standings: (organisationId) => dispatcher.standings(organisationId),
    stop: async (ms) => {
      stopped = true;
      unlisten();
      unlistenAccounts();
      await bundler.stop();
      await dispatcher.stop(ms);
      await reloading;
    },
  };
}
