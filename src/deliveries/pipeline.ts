/** From the feed to the receivers: bundler and dispatcher put together, kept up with the receivers as they change. */
import { watchedTopics } from "../changes/visible.ts";
import type { Logger } from "../log.ts";
import { OutgoingTokens } from "../outgoing/oauth-client.ts";
import type { Send } from "../outgoing/request.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { Services } from "../services.ts";
import { Bundler } from "./bundler.ts";
import { bundleCloser } from "./close.ts";
import { Dispatcher } from "./dispatcher.ts";

export interface Pipeline {
  /** A receiver's deliveries were changed in the store (a resend). */
  nudge(receiverId: string): void;
  /** Begins nothing more, waits up to `ms` for what is in flight. */
  stop(ms: number): Promise<void>;
}

export interface PipelineOptions {
  services: Services;
  log: Logger;
  publicUrl: string;
  send?: Send;
  random?: () => number;
}

/** Starts the delivery of webhooks. Resolves when everything left by an earlier process has been taken up. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { services, log, publicUrl } = options;
  const { store, feed, clock, accounts, types, topics, receivers, organisations, config } = services;

  const send = options.send ?? services.send;
  const dispatcher = new Dispatcher({
    store,
    clock,
    log,
    accounts,
    types,
    send,
    tokens: new OutgoingTokens({ send, clock }),
    random: options.random ?? Math.random,
    timeout: config.webhooks.timeout,
    concurrency: config.webhooks.concurrency,
    progressed: (receiverId) => bundler.progressed(receiverId),
    gone: (receiver) => {
      log.warn("receiver answered 410 and is disabled", { receiver_id: receiver.id });
      return receivers.disableByServer(receiver.id, "The receiver answered 410 Gone.");
    },
  });
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
    else if (message.kind === "all") inTurn(reloadAll);
  });
  await started;

  return {
    nudge: (receiverId) => void dispatcher.nudge(receiverId),
    stop: async (ms) => {
      stopped = true;
      unlisten();
      await bundler.stop();
      await dispatcher.stop(ms);
      await reloading;
    },
  };
}
