/**
 * The bundler: decides when a receiver's bundle closes, and closes it.
 *
 * A bundle is what lies in the feed beyond the receiver's cursor; nothing is stored per receiver while it gathers, so
 * a push costs the same with one receiver or ten thousand. To keep that true in memory as well, a push only touches
 * its organisation's counters and, per distinct window (a {@link Lane}), one timer; the receivers of a lane are
 * looked at when its timer fires, about once per window while changes go on.
 */
import type { ChangeFeed, FeedNews } from "../changes/service.ts";
import type { TopicCatalogue } from "../changes/topics.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { Store } from "../store/store.ts";
import { Lane, OrganisationActivity, type Gathering } from "./gathering.ts";

export interface BundlerOptions {
  /** Where it has a presence, others share the database. */
  store: Pick<Store, "read"> & Partial<Pick<Store, "presence">>;
  feed: Pick<ChangeFeed, "listen" | "page" | "nthNewest">;
  clock: Clock;
  log: Pick<Logger, "error">;
  topics: Pick<TopicCatalogue, "all" | "known">;
  /** Whether another bundle of this receiver may be closed now (it may be failing, or have enough at hand). */
  wants: (receiverId: string) => boolean;
  /** Closes the receiver's bundle if there is one. @returns what remains */
  close: (receiver: Receiver, topics: readonly string[], onlyFull: boolean) => Promise<CloseResult>;
}

export interface CloseResult {
  /** The receiver's cursor afterwards. */
  cursor: number;
  closed: boolean;
  /** When the first change beyond the cursor came, milliseconds since 1970; undefined when none is known of. */
  oldestLeft: number | undefined;
  /** Changes that lay there and were left, because only a full bundle was asked for. */
  left: number;
  /** The account may do nothing: the receiver waits until somebody changes that. */
  paused: boolean;
  /** What is left waits for a delivery that tells of the same object. */
  blocked: boolean;
}

/** A close that failed (database away) is tried again after this long, milliseconds. */
const RETRY_CLOSE_MS = 5_000;
/** How long it is quiet before it is asked again where a full bundle would begin, milliseconds. */
const ASK_AGAIN_MS = 50;
/** A bundle that another process may hold back is looked at anew after this long; and at the longest, milliseconds. */
const BLOCKED_MS = 500;
const LONGEST_BLOCKED_MS = 30_000;
/** The least time between two looks at a lane because some bundle of it may be full, milliseconds. */
const FULL_GAP_MS = 10;
/** Bundles whose closing is begun in one turn of the event loop: about 1 ms. */
const SWEEP_CHUNK = 100;

/** A bundle of a receiver whose cursor lies before `sequence` is full; undefined: none can be. */
interface FullMark {
  sequence: number | undefined;
  /** The count of changes from which this is no longer so. */
  validBefore: number;
}

export class Bundler {
  readonly #o: BundlerOptions;
  readonly #activity = new Map<number, OrganisationActivity>();
  readonly #lanes = new Map<string, Lane>();
  readonly #gatherings = new Map<string, Gathering>();
  /** Per organisation, size and topics: where a full bundle would begin. */
  readonly #marks = new Map<string, FullMark>();
  /** Marks that are being asked for, with those that wait for them. */
  readonly #asked = new Map<string, Set<Gathering>>();
  /** Topic sets, one array each, so that counting them is remembered. */
  readonly #topicSets = new Map<string, readonly string[]>();
  readonly #closing = new Set<Promise<void>>();
  /** What cancels the next look at a receiver whose bundle is held back, or at those of a crowd. */
  readonly #looks = new Map<string, () => void>();
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
    if (old) old.lane.awake.delete(old);
    const { quiet, longest, size } = receiver.bundle;
    const lane = this.#lane(receiver.organisationId, Math.min(quiet, longest));
    const topics = this.#topicsOf(receiver);
    // Counted before the feed is read: what comes meanwhile is counted or read or both, never neither.
    const before = this.#activityOf(receiver.organisationId).count(topics);
    const gathering: Gathering = {
      receiver:
        old && old.receiver.cursor > receiver.cursor
          ? { ...receiver, cursor: old.receiver.cursor }
          : receiver,
      topics,
      lane,
      crowd: `${receiver.organisationId}/${size}/${topics.join()}`,
      seen: before,
      waitingSince: undefined,
      notFullBefore: 0,
      retryAt: 0,
      closing: old?.closing ?? false,
      heldBack: false,
      blockedGap: BLOCKED_MS,
      progressed: false,
    };
    this.#gatherings.set(receiver.id, gathering);
    lane.awake.add(gathering);
    if (!receiver.enabled || receiver.deletedAt !== null) return;
    this.#expectFull(gathering);
    const pending = await this.#o.store.read((reader) =>
      this.#o.feed.page(reader, {
        organisationId: receiver.organisationId,
        topics,
        after: gathering.receiver.cursor,
        limit: 1,
      }),
    );
    const [oldest] = pending.rows;
    if (!oldest || this.#gatherings.get(receiver.id) !== gathering) return;
    // What lies beyond its cursor already counts from the oldest of it. How much it is, closing finds out.
    gathering.seen = before - size;
    gathering.waitingSince = Math.min(oldest.at, this.#o.clock.now());
    // It alone: thousands that are taken up one after the other would have their lane swept as often.
    this.progressed(receiver.id);
  }

  #topicsOf(receiver: Receiver): readonly string[] {
    const topics = this.#o.topics.known(receiver.topics);
    const name = topics.join();
    const same = this.#topicSets.get(name);
    if (same) return same;
    this.#topicSets.set(name, topics);
    return topics;
  }

  remove(receiverId: string): void {
    const gathering = this.#gatherings.get(receiverId);
    gathering?.lane.awake.delete(gathering);
    this.#gatherings.delete(receiverId);
  }

  /** The receiver's deliveries have come on: a bundle that was held back may close now. */
  progressed(receiverId: string): void {
    const gathering = this.#gatherings.get(receiverId);
    if (!gathering) return;
    gathering.heldBack = false;
    gathering.progressed = true;
    gathering.lane.awake.add(gathering);
    this.#expectFull(gathering);
    this.#look(gathering);
  }

  #look(gathering: Gathering): void {
    if (gathering.waitingSince === undefined || gathering.closing) return;
    const due = this.#consider(gathering, this.#o.clock.now());
    if (due !== undefined) this.#wake(gathering.lane, due);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unlisten?.();
    for (const lane of this.#lanes.values()) lane.cancel?.();
    for (const cancel of this.#looks.values()) cancel();
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

  #lane(organisationId: number, window: number): Lane {
    const name = `${organisationId}/${window}`;
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = new Lane(organisationId, window);
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
      lane.lastSweep = Math.min(lane.lastSweep, now);
      lane.dirtySince = Math.min(lane.dirtySince, now);
      const full = activity.total >= lane.fullAt;
      const due = full ? Math.max(now, lane.lastSweep + FULL_GAP_MS) : lane.dirtySince + lane.window;
      this.#wake(lane, Math.max(due, lane.lastSweep + lane.sweepGap));
    }
  }

  #wake(lane: Lane, at: number): void {
    if (this.#stopped || (lane.wakeAt !== undefined && lane.wakeAt <= at)) return;
    lane.cancel?.();
    lane.wakeAt = at;
    const cancel = this.#o.clock.after(at - this.#o.clock.now(), () => {
      lane.wakeAt = undefined;
      void this.#sweep(lane);
    });
    lane.cancel = cancel;
  }

  /**
   * Looks at every receiver of a lane that is awake: closes what is due, and finds out when the next one will be.
   * Requests are answered in between: to begin closing 10 000 bundles takes 100 ms.
   */
  async #sweep(lane: Lane): Promise<void> {
    if (lane.sweeping) {
      lane.sweepAgain = true;
      return;
    }
    lane.sweeping = true;
    const now = this.#o.clock.now();
    const activity = this.#activityOf(lane.organisationId);
    const since = lane.dirtySince ?? now;
    lane.dirtySince = undefined;
    lane.lastSweep = now;
    let next: number | undefined;
    let begun = 0;
    lane.fullAt = Number.POSITIVE_INFINITY;
    for (const gathering of lane.awake) {
      this.#expectFull(gathering);
      if (gathering.closing || activity.count(gathering.topics) <= gathering.seen) continue;
      gathering.waitingSince ??= since;
      const due = this.#consider(gathering, now);
      if (due !== undefined) next = Math.min(next ?? due, due);
      else if (gathering.closing && ++begun % SWEEP_CHUNK === 0)
        await new Promise((resolve) => setImmediate(resolve));
    }
    lane.sweeping = false;
    if (lane.sweepAgain) {
      lane.sweepAgain = false;
      this.#wake(lane, now);
    } else if (next !== undefined) this.#wake(lane, next);
  }

  /** How many more changes have to come before a receiver's bundle may be full; 0 when it may be full now. */
  #untilFull({ receiver, topics, seen, notFullBefore }: Gathering): number {
    const count = this.#activityOf(receiver.organisationId).count(topics);
    return Math.max(0, seen + receiver.bundle.size - count, notFullBefore - count);
  }

  /** Has the lane woken when a receiver's bundle may have become full. */
  #expectFull(gathering: Gathering): void {
    const untilFull = this.#untilFull(gathering);
    const { lane } = gathering;
    if (untilFull === 0) return; // whoever holds it back tells when that ends
    lane.fullAt = Math.min(lane.fullAt, this.#activityOf(lane.organisationId).total + untilFull);
  }

  /**
   * Whether a bundle that may be full is. Counting changes does not tell: many may be of few objects. The sequence of
   * the feed's newest change but `size` does, and is the same for all receivers of these topics and this size: asked
   * once, it is compared with each cursor. (Asking for each of 10 000 receivers stopped everything for seconds.)
   */
  #isFull(gathering: Gathering): boolean {
    const { receiver, topics, lane, crowd } = gathering;
    const mark = this.#marks.get(crowd);
    const count = this.#activityOf(lane.organisationId).count(topics);
    if (!mark || count >= mark.validBefore) {
      this.#ask(gathering, count);
      return false;
    }
    if (mark.sequence !== undefined && receiver.cursor < mark.sequence) return true;
    gathering.notFullBefore = mark.validBefore;
    this.#expectFull(gathering);
    return false;
  }

  /** Has the feed asked where a full bundle would begin; who wants to know is looked at when it is known. */
  #ask(gathering: Gathering, count: number): void {
    const { receiver, topics, crowd } = gathering;
    const others = this.#asked.get(crowd);
    if (others) {
      others.add(gathering);
      return;
    }
    const waiting = new Set([gathering]);
    this.#asked.set(crowd, waiting);
    const { organisationId } = receiver;
    const { size } = receiver.bundle;
    const answer = this.#o.store
      .read((reader) => this.#o.feed.nthNewest(reader, { organisationId, topics, nth: size }))
      .then((sequence) => {
        // A 32nd of the size does not matter: a full bundle may close so many changes later. Counted from now, or an
        // answer that comes behind a large group of writes would be out of date, and asked for again without an end.
        const now = this.#activityOf(organisationId).count(topics);
        this.#marks.set(crowd, { sequence, validBefore: now + Math.max(1, size >> 5) });
        // What came while it was asked may have been the last for long, and have filled a bundle.
        if (now > count) this.#askAgain(crowd, waiting, now);
      })
      .catch((error: unknown) => {
        this.#o.log.error("the feed could not be asked", { organisation_id: organisationId, error });
        this.#marks.set(crowd, { sequence: undefined, validBefore: count + size });
      })
      .finally(() => {
        this.#closing.delete(answer);
        this.#asked.delete(crowd);
        for (const one of waiting) this.progressed(one.receiver.id);
      });
    this.#closing.add(answer);
  }

  /** Asks once more if nothing has come since the count was `known`: while changes go on they have it asked. */
  #askAgain(crowd: string, waiting: ReadonlySet<Gathering>, known: number): void {
    this.#looks.get(crowd)?.();
    const cancel = this.#o.clock.after(ASK_AGAIN_MS, () => {
      this.#looks.delete(crowd);
      const [one] = waiting;
      if (!one || this.#activityOf(one.lane.organisationId).count(one.topics) !== known) return;
      this.#marks.delete(crowd);
      for (const gathering of waiting) {
        gathering.notFullBefore = 0;
        this.progressed(gathering.receiver.id);
      }
    });
    this.#looks.set(crowd, cancel);
  }

  /** Closes a receiver's bundle if it is due. @returns when it will be, if it is not */
  #consider(gathering: Gathering, now: number): number | undefined {
    const { receiver, topics } = gathering;
    if (this.#stopped) return undefined;
    if (gathering.heldBack || !this.#o.wants(receiver.id)) {
      // progressed() or update() comes back to it
      gathering.lane.awake.delete(gathering);
      return undefined;
    }
    const { quiet, longest } = receiver.bundle;
    // Times that lie ahead are of a clock that has been set back: from then on it counts from now.
    gathering.retryAt = Math.min(gathering.retryAt, now + RETRY_CLOSE_MS);
    if (now < gathering.retryAt) return gathering.retryAt;
    const since = Math.min(gathering.waitingSince ?? now, now);
    gathering.waitingSince = since;
    const heardAt = this.#activityOf(receiver.organisationId).lastAt(topics);
    const lastAt = heardAt > now ? since : heardAt;
    const due = Math.min(Math.max(lastAt, since) + quiet, since + longest);
    if (due > now && (this.#untilFull(gathering) > 0 || !this.#isFull(gathering))) return due;
    gathering.closing = true;
    gathering.progressed = false;
    const closing = this.#close(gathering, due > now)
      .catch((error: unknown) => {
        this.#o.log.error("bundle could not be closed", { receiver_id: receiver.id, error });
        gathering.retryAt = this.#o.clock.now() + RETRY_CLOSE_MS;
      })
      .finally(() => {
        this.#closing.delete(closing);
        gathering.closing = false;
        const current = this.#gatherings.get(receiver.id);
        if (!current) return;
        current.closing = false;
        this.#expectFull(current);
        this.#lookAgain(current);
        // What came while it closed, what did not fit, or a bundle that was held back until then.
        this.#look(current);
      });
    this.#closing.add(closing);
    return undefined;
  }

  /**
   * What keeps a bundle back may be sent by another process on the database, of which nobody tells: it is looked at anew
   * after a while, the later the more often that was in vain.
   */
  #lookAgain(gathering: Gathering): void {
    const { receiver, heldBack } = gathering;
    if (!heldBack || this.#stopped || !this.#o.store.presence) return;
    const gap = gathering.blockedGap;
    gathering.blockedGap = Math.min(2 * gap, LONGEST_BLOCKED_MS);
    this.#looks.get(receiver.id)?.();
    const cancel = this.#o.clock.after(gap, () => {
      this.#looks.delete(receiver.id);
      if (gathering.heldBack && this.#gatherings.get(receiver.id) === gathering) this.progressed(receiver.id);
    });
    this.#looks.set(receiver.id, cancel);
  }

  async #close(gathering: Gathering, onlyFull: boolean): Promise<void> {
    const activity = this.#activityOf(gathering.receiver.organisationId);
    const before = activity.count(gathering.topics);
    const { size } = gathering.receiver.bundle;
    const result = await this.#o.close(gathering.receiver, gathering.topics, onlyFull);
    gathering.receiver = { ...gathering.receiver, cursor: result.cursor };
    const current = this.#gatherings.get(gathering.receiver.id);
    if (current && current !== gathering) current.receiver = { ...current.receiver, cursor: result.cursor };
    // Unless what it waits for has come about meanwhile.
    gathering.heldBack = (result.paused || result.blocked) && !gathering.progressed;
    if (!result.blocked) gathering.blockedGap = BLOCKED_MS;
    if (result.paused) return;
    if (onlyFull && !result.closed && !result.blocked) {
      // Many changes of few objects: not full yet, and cannot be before so many more have come.
      gathering.notFullBefore = before + Math.max(1, size - result.left);
      return;
    }
    gathering.notFullBefore = 0;
    if (result.oldestLeft === undefined) {
      const arrived = activity.count(gathering.topics) > before;
      gathering.seen = before;
      gathering.waitingSince = arrived ? this.#o.clock.now() : undefined;
    } else {
      // The rest is a bundle like any other, begun when its first change came. How much it is, closing finds out.
      gathering.seen = before - size;
      gathering.waitingSince = Math.min(result.oldestLeft, this.#o.clock.now());
    }
  }
}
