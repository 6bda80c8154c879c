/**
 * What time it is elsewhere: other servers say so in the `Date` of their answers (RFC 9110, 6.6.1). One of them may be
 * wrong; where several agree against this machine, it is its clock that is.
 */
import type { Clock } from "../clock.ts";

/** Another server's clock. */
export interface PeerClock {
  /** Scheme, host and port. */
  origin: string;
  /** Milliseconds by which it is ahead of this one's; behind where it is negative. True to a second or two. */
  ahead: number;
}

/** Of so many servers, those that answered last. */
const MOST = 100;
/** One server is looked at so often, ms; and what it said counts for so long. */
const EVERY = 60_000;
const FRESH = 3_600_000;

export class PeerClocks {
  readonly #clock: Pick<Clock, "now">;
  readonly #running: () => number;
  /** What it said, as its distance from the time that passes here: ours may be set meanwhile. */
  readonly #seen = new Map<string, { offset: number; at: number }>();

  /** @param running  milliseconds since some time that stays the same, whatever the clock does */
  constructor(clock: Pick<Clock, "now">, running: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#running = running;
  }

  /** To be called when an answer has come. @param date  its header, as it was sent */
  note(url: string, date: string): void {
    const end = url.indexOf("/", "https://".length);
    const origin = end < 0 ? url : url.slice(0, end);
    const at = this.#running();
    const known = this.#seen.get(origin);
    if (known && at - known.at < EVERY) return;
    const time = Date.parse(date);
    if (Number.isNaN(time)) return;
    // Moved to the end, where the newest are.
    this.#seen.delete(origin);
    // It has whole seconds: on the average it was half of one later.
    this.#seen.set(origin, { offset: time + 500 - at, at });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MOST && oldest !== undefined) this.#seen.delete(oldest);
  }

  /** Those of the last hour. */
  get all(): PeerClock[] {
    const running = this.#running();
    const now = this.#clock.now();
    return [...this.#seen]
      .filter(([, { at }]) => running - at < FRESH)
      .map(([origin, { offset }]) => ({ origin, ahead: Math.round(offset + running - now) }));
  }
}
