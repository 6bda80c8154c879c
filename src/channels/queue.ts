/**
 * The queue of one channel: rows with a due time, taken by a lease. It sleeps until the next is due or a nudge, and no
 * channel waits for another. What an answer waited for and nobody settled comes here too, when its lease is over: its
 * process has died, nobody knows whether the channel took it, and it is not sent again.
 */
import type { RetrySchedule } from "../config/types.ts";
import { LEASE } from "../heartbeat.ts";
import type { Logger } from "../log.ts";
import { attempt, type AttemptCollaborators, giveUp, type Tried } from "./attempt.ts";
import type { Channel } from "./channel.ts";
import { claimPublications, nextPublication, type PublicationRow } from "./queries.ts";

export interface QueueOptions extends AttemptCollaborators {
  log: Pick<Logger, "info" | "warn" | "error">;
  retry: RetrySchedule;
  concurrency: number;
}

/** The largest message's attachments, 100 MB and the envelope, take so long to send at the least speed. */
const LARGEST_UPLOAD = 150_000;
const MARGIN = 60_000;
/** On a database that others may publish from as well: how often to look for what one that is gone has left. */
const TAKE_OVER = LEASE;
/** After a look that failed (database away). */
const RETRY_LOOK = 5_000;

/** Looks in a row, three seconds apart, at which a server must have been missed: a minute. */
export const PATIENCE = 20;

/**
 * How long a try may take before it is taken for dead, milliseconds, where others do not see whether its process lives.
 * Not a short one that is renewed, as that of answers that wait: a try that is taken for dead is sent again, and a
 * process that only lost its database for half a minute must not have Open-E tell a citizen twice. For the same reason
 * the tries of a server that is gone are given back when it has been missed for a minute ({@link PATIENCE}).
 */
export function leaseFor({ longest }: Pick<Channel, "longest">): number {
  return longest + LARGEST_UPLOAD + MARGIN;
}

export class ChannelQueue {
  readonly #channel: Channel;
  readonly #o: QueueOptions;
  readonly #tries = new Set<Promise<void>>();
  #looking: Promise<void> | undefined;
  /** Something was queued while it looked. */
  #again = false;
  #stopping = false;
  #cancel = (): void => {};

  constructor(channel: Channel, options: QueueOptions) {
    this.#channel = channel;
    this.#o = options;
  }

  /** Looks whether something is due. */
  nudge(): void {
    if (this.#stopping) return;
    if (this.#looking) this.#again = true;
    else {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.nudge();
      });
    }
  }

  /** Begins nothing more. The signal that it was given ends what is under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancel();
    await this.#looking;
    await Promise.all(this.#tries);
  }

  async #look(): Promise<void> {
    const { clock, log, concurrency } = this.#o;
    let wait: number | undefined = RETRY_LOOK;
    try {
      for (;;) {
        wait = await this.#untilNext();
        // A place that becomes free looks again.
        if (wait === undefined || wait > 0 || this.#stopping || this.#tries.size >= concurrency) break;
        await this.#takeSome(concurrency - this.#tries.size);
      }
    } catch (error) {
      log.error("messages to publish could not be looked for", { channel: this.#channel.name, error });
      wait = RETRY_LOOK;
    }
    this.#cancel();
    if (this.#stopping || wait === undefined || (wait === 0 && this.#tries.size >= concurrency)) return;
    this.#cancel = clock.after(wait, () => this.nudge());
  }

  /** Milliseconds until there is something to do; undefined: not before something is queued. */
  async #untilNext(): Promise<number | undefined> {
    const { store, clock } = this.#o;
    const [next] = await store.read((reader) => reader.run(nextPublication, { channel: this.#channel.name }));
    const shared = store.dialect === "sqlite" ? undefined : TAKE_OVER;
    if (!next || next.at === null) return shared;
    const wait = Math.max(0, next.at - clock.now());
    return shared === undefined ? wait : Math.min(wait, shared);
  }

  async #takeSome(limit: number): Promise<void> {
    const { store, clock } = this.#o;
    const now = clock.now();
    const run = Bun.randomUUIDv7();
    const { name: channel } = this.#channel;
    const lease = now + leaseFor(this.#channel);
    const node = store.presence?.number ?? null;
    const claim = { channel, now, lease, node, run, limit };
    const rows = await store.write((tx) => tx.run(claimPublications, claim));
    for (const row of rows) {
      const ended = (row.waits ? giveUp(row, this.#o) : this.#try({ ...row, run })).finally(() => {
        this.#tries.delete(ended);
        this.nudge();
      });
      this.#tries.add(ended);
    }
  }

  async #try(tried: Tried & PublicationRow): Promise<void> {
    const { log, retry } = this.#o;
    const { id, messageId: message_id, organisationId: organisation_id, attempts } = tried;
    const about = { publication_id: id, message_id, organisation_id, channel: this.#channel.name, attempts };
    try {
      const { outcome, again } = await attempt(this.#channel, tried, retry, this.#o);
      if (outcome.published) return;
      const { error: reason, detail } = outcome;
      if (again === undefined) log.error("message was not published", { ...about, reason, detail });
      else log.warn("message could not be published yet", { ...about, reason, detail });
    } catch (error) {
      // The lease ends, and it is tried again.
      log.error("what became of a message is not stored", { ...about, error });
    }
  }
}
