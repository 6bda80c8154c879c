/** One attempt to publish a message: the call, and the one transaction that says what it came to. */
import type { Clock } from "../clock.ts";
import type { RetrySchedule } from "../config/types.ts";
import { nextAttempt } from "../deliveries/retry.ts";
import type { Logger } from "../log.ts";
import type { MessageHost } from "../messages/publisher.ts";
import type { Send } from "../outgoing/request.ts";
import type { Store, Transaction } from "../store/store.ts";
import { type Channel, type ChannelOutcome, failed } from "./channel.ts";
import { endAwaited, endTry, insertPublicationAttempt, type PublicationRow } from "./queries.ts";

export interface AttemptCollaborators {
  store: Store;
  clock: Clock;
  send: Send;
  host: MessageHost;
  /** Without a trailing slash. */
  publicUrl: string;
  signal: AbortSignal;
  log: Pick<Logger, "error" | "warn">;
  random: () => number;
}

export type Failed = ChannelOutcome & { published: false };

/** A publication while it is tried: `run` names the try, and what is written of it is written only while it holds. */
export type Tried = Pick<PublicationRow, "id" | "messageId" | "attempts" | "scheduleFrom" | "waits"> & {
  run: string;
};

/** The message was removed while it waited: no channel is called, and none ever will be. */
const REMOVED = {
  ...failed({ body: "" }, "The message was removed."),
  error: "removed",
  final: true,
} as const;

/**
 * Calls the channel and settles: with `waits`, a message that was not taken goes, and one that was is shown. That holds
 * also where another process took this one for dead meanwhile, and showed the message as `unknown`: here it is known.
 * @param retry  when to try again after a failure; null: never
 * @returns what it came to, and when it is tried again (milliseconds since 1970)
 */
export async function attempt(
  channel: Channel,
  tried: Tried,
  retry: RetrySchedule | null,
  collaborators: AttemptCollaborators,
): Promise<{ outcome: ChannelOutcome | typeof REMOVED; again: number | undefined }> {
  const { store, clock, host } = collaborators;
  const at = clock.now();
  const began = performance.now();
  const outcome = await call(channel, tried, collaborators);
  const durationMs = Math.round(performance.now() - began);
  const now = clock.now();
  const again =
    outcome.published || retry === null ? undefined : nextTry(tried, outcome, retry, collaborators);
  await store.write(async (tx) => {
    const ended = await settle(tx, tried, outcome, { now, again });
    await tx.run(insertPublicationAttempt, {
      ...{ publicationId: tried.id, number: tried.attempts, at, durationMs },
      ...{ statusCode: outcome.statusCode, ...reasonOf(outcome) },
    });
    if (!tried.waits || !ended) return;
    await (outcome.published ? host.show(tx, tried.messageId) : host.discard(tx, tried.messageId));
  });
  return { outcome, again };
}

/**
 * Settles what an answer waited for when its process died: the message is shown from now on, and that nobody knows
 * whether the channel took it.
 */
export async function giveUp(
  { id, run, messageId, organisationId, channel }: PublicationRow,
  { store, clock, host, log }: Pick<AttemptCollaborators, "store" | "clock" | "host" | "log">,
): Promise<void> {
  const about = { publication_id: id, message_id: messageId, organisation_id: organisationId, channel };
  try {
    const mine = await store.write(async (tx) => {
      const columns = { state: "unknown", changedAt: clock.now(), nextAttemptAt: null } as const;
      const nothing = { externalId: null, statusCode: null, error: "interrupted", detail: null };
      const [ended] = await tx.query(endTry(id, run ?? "", { ...columns, ...nothing }));
      if (ended) await host.show(tx, messageId);
      return ended;
    });
    if (mine) log.warn("whether a message was published is not known", about);
  } catch (error) {
    log.error("a message that was interrupted could not be settled", { ...about, error });
  }
}

function nextTry(
  { attempts, scheduleFrom }: Tried,
  outcome: Failed | typeof REMOVED,
  retry: RetrySchedule,
  { clock, signal, random }: AttemptCollaborators,
): number | undefined {
  const now = clock.now();
  // Broken off by ourselves, for a stop: whoever starts next goes on.
  if (signal.aborted && outcome.error === "aborted") return now;
  if (outcome.final) return undefined;
  const failures = attempts - scheduleFrom;
  return nextAttempt(retry, { failures, now, retryAfter: outcome.retryAfter, random: random() });
}

async function call(
  channel: Channel,
  { id, messageId }: Tried,
  { clock, host, send, signal, publicUrl, log }: AttemptCollaborators,
): Promise<ChannelOutcome | typeof REMOVED> {
  try {
    const message = await host.load(messageId);
    if (!message) return REMOVED;
    return await channel.publish(message, { publicationId: id, now: clock.now(), publicUrl, send, signal });
  } catch (error) {
    // Nothing whole can have been sent.
    log.error("message could not be read to be published", {
      message_id: messageId,
      channel: channel.name,
      error,
    });
    return { ...failed({ body: "" }, "The message could not be published."), error: "internal" };
  }
}

/** @returns whether it was this try's to settle */
async function settle(
  tx: Transaction,
  { id, run, waits }: Tried,
  outcome: ChannelOutcome | typeof REMOVED,
  { now, again }: { now: number; again: number | undefined },
): Promise<boolean> {
  const state = outcome.published
    ? ("published" as const)
    : again === undefined
      ? ("failed" as const)
      : ("pending" as const);
  const externalId = outcome.published ? outcome.externalId : null;
  const { statusCode } = outcome;
  const told = { state, changedAt: now, nextAttemptAt: again ?? null, statusCode, externalId };
  const columns = { ...told, ...reasonOf(outcome) };
  const ended = await tx.query(waits ? endAwaited(id, run, columns) : endTry(id, run, columns));
  return ended.length > 0;
}

function reasonOf(outcome: ChannelOutcome | typeof REMOVED): { error: string | null; detail: string | null } {
  if (outcome.published) return { error: null, detail: null };
  return { error: outcome.error, detail: outcome.detail };
}
