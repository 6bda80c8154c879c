/**
 * The bundler: decides when a receiver's bundle closes, and closes it.
 *
 * A bundle is what lies in the feed beyond the receiver's cursor; nothing is stored per receiver while it gathers, so
 * a push costs the same with one receiver or ten thousand. To keep that true in memory as well, a push only touches
 * its organisation's counters and, per distinct quiet window (a {@link Lane}), one timer; the receivers of a lane are
 * looked at when its timer fires, at most once per quiet window while changes go on.
 */
import type { ChangeFeed, FeedNews } from "../changes/service.ts";
import type { TopicCatalogue } from "../changes/topics.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { Store } from "../store/store.ts";
import { Lane, OrganisationActivity, type Gathering } from "./gathering.ts";

export interface BundlerOptions {
  store: Store;
  feed: ChangeFeed;
  clock: Clock;
  log: Logger;
  topics: TopicCatalogue;
  /** Whether another bundle of this receiver may be closed now (it may be failing, or have enough at hand). */
  wants: (receiverId: string) => boolean;
  /** Closes the receiver's bundle if there is one. @returns what remains */
  close: (receiver: Receiver, topics: readonly string[], onlyFull: boolean) => Promise<CloseResult>;
}

export interface CloseResult {
  /** The receiver's cursor afterwards. */
  cursor: number;
  closed: boolean;
  /** More changes lie beyond. */
  more: boolean;
  /** Changes that lay there and were left, because only a full bundle was asked for. */
  left: number;
  /** The account may do nothing: the receiver waits until somebody changes that. */
  paused: boolean;
}

/** A close that failed (database away) is tried again after this long, milliseconds. */
const RETRY_CLOSE_MS = 5_000;

export class Bundler {
  readonly #o: BundlerOptions;
  readonly #activity = new Map<number, OrganisationActivity>();
  readonly #lanes = new Map<string, Lane>();
  readonly #gatherings = new Map<string, Gathering>();
  readonly #closing = new Set<Promise<void>>();
  #unlisten: (() => void) | undefined;
  #stopped = false;

  constructor(options: BundlerOptions) {
    this.#o = options;
  }

  /** Begins to listen; what gathered while no process ran is taken up at once. */
  async start(receivers: readonly Receiver[]): Promise<void> {
    this.#unlisten = this.#o.feed.listen((news) => this.#heard(news));
    for (const [index, receiver] of receivers.entries()) {
      // Requests are answered meanwhile: ten thousand receivers take a second.
      if (index % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
      await this.update(receiver);
    }
  }

  /** A receiver is new or changed. */
  async update(receiver: Receiver): Promise<void> {
    const old = this.#gatherings.get(receiver.id);
    if (old) old.lane.gatherings.delete(old);
    const lane = this.#lane(receiver.organisationId, receiver.bundle.quiet);
    const gathering: Gathering = {
      receiver:
        old && old.receiver.cursor > receiver.cursor
          ? { ...receiver, cursor: old.receiver.cursor }
          : receiver,
      topics: this.#o.topics.known(receiver.topics),
      lane,
      seen: 0,
      waitingSince: undefined,
      notFullBefore: 0,
      closing: old?.closing ?? false,
    };
    this.#gatherings.set(receiver.id, gathering);
    lane.gatherings.add(gathering);
    if (!receiver.enabled || receiver.deletedAt !== null) return;
    // What lies beyond its cursor already counts from the oldest of it.
    const pending = await this.#o.store.read((reader) =>
      this.#o.feed.page(reader, {
        organisationId: receiver.organisationId,
        topics: gathering.topics,
        after: gathering.receiver.cursor,
        limit: 1,
      }),
    );
    const [oldest] = pending.rows;
    const activity = this.#activityOf(receiver.organisationId);
    gathering.seen = activity.count(gathering.topics);
    if (oldest) {
      gathering.seen--;
      gathering.waitingSince = Math.min(oldest.at, this.#o.clock.now());
      this.#wake(lane, this.#o.clock.now());
    }
  }

  remove(receiverId: string): void {
    const gathering = this.#gatherings.get(receiverId);
    gathering?.lane.gatherings.delete(gathering);
    this.#gatherings.delete(receiverId);
  }

  /** The receiver's deliveries have come on: a bundle that was held back may close now. */
  progressed(receiverId: string): void {
    const gathering = this.#gatherings.get(receiverId);
    if (gathering?.waitingSince === undefined || gathering.closing) return;
    const due = this.#consider(gathering, this.#o.clock.now());
    if (due !== undefined) this.#wake(gathering.lane, due);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unlisten?.();
    for (const lane of this.#lanes.values()) lane.cancel?.();
    await Promise.all(this.#closing);
  }

  #activityOf(organisationId: number): OrganisationActivity {
    let activity = this.#activity.get(organisationId);
    if (!activity) {
      activity = new OrganisationActivity();
      this.#activity.set(organisationId, activity);
    }
    return activity;
  }

  #lane(organisationId: number, quiet: number): Lane {
    const name = `${organisationId}/${quiet}`;
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = new Lane(organisationId, quiet);
      this.#lanes.set(name, lane);
      this.#activityOf(organisationId).lanes.push(lane);
    }
    return lane;
  }

  /** Costs the same however many receivers there are. */
  #heard({ organisationId, topics }: FeedNews): void {
    const now = this.#o.clock.now();
    const activity = this.#activityOf(organisationId);
    activity.note(topics.size > 0 ? topics : new Map(this.#o.topics.all.map((topic) => [topic, 1])), now);
    for (const lane of activity.lanes) {
      lane.dirtySince ??= now;
      const full = activity.total >= lane.fullAt;
      this.#wake(lane, full ? Math.max(now, lane.lastSweep + lane.sweepGap) : lane.dirtySince + lane.quiet);
    }
  }

  #wake(lane: Lane, at: number): void {
    if (this.#stopped || (lane.wakeAt !== undefined && lane.wakeAt <= at)) return;
    lane.cancel?.();
    lane.wakeAt = at;
    const cancel = this.#o.clock.after(at - this.#o.clock.now(), () => {
      lane.wakeAt = undefined;
      this.#sweep(lane);
    });
    lane.cancel = cancel;
  }

  /** Looks at every receiver of a lane: closes what is due, and finds out when the next one will be. */
  #sweep(lane: Lane): void {
    const now = this.#o.clock.now();
    const activity = this.#activityOf(lane.organisationId);
    lane.lastSweep = now;
    let next: number | undefined;
    let untilFull = Number.POSITIVE_INFINITY;
    for (const gathering of lane.gatherings) {
      const count = activity.count(gathering.topics);
      const waiting = count - gathering.seen;
      const { size } = gathering.receiver.bundle;
      if (waiting < size) untilFull = Math.min(untilFull, size - waiting);
      else if (count < gathering.notFullBefore)
        untilFull = Math.min(untilFull, gathering.notFullBefore - count);
      if (waiting <= 0 || gathering.closing) continue;
      gathering.waitingSince ??= lane.dirtySince ?? now;
      const due = this.#consider(gathering, now);
      if (due !== undefined) next = Math.min(next ?? due, due);
    }
    lane.dirtySince = undefined;
    lane.fullAt = activity.total + untilFull;
    if (next !== undefined) this.#wake(lane, next);
  }

  /** Closes a receiver's bundle if it is due. @returns when it will be, if it is not */
  #consider(gathering: Gathering, now: number): number | undefined {
    const { receiver, topics, lane } = gathering;
    if (this.#stopped || !this.#o.wants(receiver.id)) return undefined; // progressed() or update() comes back to it
    const activity = this.#activityOf(receiver.organisationId);
    const { quiet, longest, size } = receiver.bundle;
    const since = gathering.waitingSince ?? now;
    const due = Math.min(Math.max(activity.lastAt(topics), since) + quiet, since + longest);
    const count = activity.count(topics);
    const mayBeFull = count - gathering.seen >= size && count >= gathering.notFullBefore;
    if (due > now && !mayBeFull) return due;
    gathering.closing = true;
    const closing = this.#close(gathering, due > now).catch((error: unknown) => {
      this.#o.log.error("bundle could not be closed", { receiver_id: receiver.id, error });
      this.#wake(lane, this.#o.clock.now() + RETRY_CLOSE_MS);
    });
    this.#closing.add(closing);
    void closing.finally(() => {
      this.#closing.delete(closing);
      gathering.closing = false;
      const current = this.#gatherings.get(receiver.id);
      if (current) current.closing = false;
      // What came while it closed, or a bundle that was held back until then.
      if (current?.waitingSince !== undefined) this.#wake(current.lane, this.#o.clock.now());
    });
    return undefined;
  }

  async #close(gathering: Gathering, onlyFull: boolean): Promise<void> {
    const activity = this.#activityOf(gathering.receiver.organisationId);
    const before = activity.count(gathering.topics);
    const result = await this.#o.close(gathering.receiver, gathering.topics, onlyFull);
    gathering.receiver = { ...gathering.receiver, cursor: result.cursor };
    const current = this.#gatherings.get(gathering.receiver.id);
    if (current && current !== gathering) current.receiver = { ...current.receiver, cursor: result.cursor };
    if (result.paused) {
      gathering.waitingSince = undefined;
      return;
    }
    if (onlyFull && !result.closed) {
      // Many changes of few objects: not full yet, and cannot be before so many more have come.
      gathering.notFullBefore = before + Math.max(1, gathering.receiver.bundle.size - result.left);
      return;
    }
    gathering.seen = result.more ? before - 1 : before;
    gathering.notFullBefore = 0;
    const arrived = activity.count(gathering.topics) > before;
    gathering.waitingSince = result.more || arrived ? this.#o.clock.now() : undefined;
    if (result.more) gathering.waitingSince = 0; // long overdue: closes as soon as the receiver wants it
  }
}
