/** What the bundler keeps in memory: who waits for what, and what has happened lately. */
import type { Receiver } from "../receivers/receiver.ts";

/** One receiver's bundle while it gathers. */
export interface Gathering {
  receiver: Receiver;
  /** Its topics, wildcards expanded. */
  topics: readonly string[];
  lane: Lane;
  /** What it shares with all whose bundles are full at the same place of the feed: organisation, size and topics. */
  crowd: string;
  /** The organisation's count of changes of its topics when its last bundle was closed. */
  seen: number;
  /** When the first change came that no bundle has; undefined while nothing waits. */
  waitingSince: number | undefined;
  /** A look showed that its bundle cannot be full before the count reaches this. */
  notFullBefore: number;
  /** Closing it failed: it is not tried again before this time. */
  retryAt: number;
  closing: boolean;
  /** Nothing of it can be closed before something comes about elsewhere; who knows of that tells (`progressed`). */
  heldBack: boolean;
  /** How soon it is looked at anew where another process may hold it back, ms. */
  blockedGap: number;
  /** Something came about while it was being closed. */
  progressed: boolean;
}

/** The receivers of one organisation that share a window, and the one timer they need. */
export class Lane {
  /**
   * Those that a sweep looks at. Others are asleep: something waits for them, and nothing of it can be closed before
   * something comes about elsewhere. So receivers that hang cost the others nothing.
   */
  readonly awake = new Set<Gathering>();
  /** When the first change came since the last sweep. */
  dirtySince: number | undefined;
  wakeAt: number | undefined;
  cancel: (() => void) | undefined;
  lastSweep = 0;
  /** A sweep is under way, and another was asked for meanwhile. */
  sweeping = false;
  sweepAgain = false;
  /** The organisation's total of changes at which some bundle may be full. */
  fullAt = Number.POSITIVE_INFINITY;

  constructor(
    readonly organisationId: number,
    /** The soonest that a bundle can be due after its first change, milliseconds. */
    readonly window: number,
  ) {}

  /** The least time between two sweeps that news bring about, ms: grows with the lane, whose sweep takes longer. */
  get sweepGap(): number {
    return Math.min(1_000, Math.floor(this.awake.size / 10));
  }
}

/** How many changes each topic of an organisation has seen, and when the last one came. Counts only ever grow. */
export class OrganisationActivity {
  readonly lanes: Lane[] = [];
  total = 0;
  readonly #topics = new Map<string, { count: number; lastAt: number }>();
  #asked: Asked = { topics: [], total: -1, count: 0, lastAt: 0 };

  note(topics: ReadonlyMap<string, number>, now: number): void {
    for (const [topic, changes] of topics) {
      this.total += changes;
      const known = this.#topics.get(topic);
      if (known) {
        known.count += changes;
        known.lastAt = now;
      } else this.#topics.set(topic, { count: changes, lastAt: now });
    }
  }

  count(topics: readonly string[]): number {
    return this.#of(topics).count;
  }

  lastAt(topics: readonly string[]): number {
    return this.#of(topics).lastAt;
  }

  /** Remembered for the last topics asked for: a sweep asks the same for thousands of receivers. */
  #of(topics: readonly string[]): Asked {
    if (topics === this.#asked.topics && this.total === this.#asked.total) return this.#asked;
    const asked: Asked = { topics, total: this.total, count: 0, lastAt: 0 };
    for (const topic of topics) {
      const known = this.#topics.get(topic);
      if (!known) continue;
      asked.count += known.count;
      asked.lastAt = Math.max(asked.lastAt, known.lastAt);
    }
    this.#asked = asked;
    return asked;
  }
}

interface Asked {
  topics: readonly string[];
  total: number;
  count: number;
  lastAt: number;
}
