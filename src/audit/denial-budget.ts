/**
 * How much of what is denied is written down. The first few of each subject or address are told one by one; beyond,
 * they are counted, and the count is told with the next one that is written.
 */
import type { Clock } from "../clock.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Events in each minute: of one action and one subject (an address, where there is none). */
const PER_KEY = 10;
/** Whoever has many addresses: of one organisation in a minute, and in a day. A day's are 4 MB. */
const PER_MINUTE = 100;
const PER_DAY = 10_000;
/** Subjects and addresses remembered. */
const MAX_KEYS = 10_000;

/** What was not written, for the detail of the event that is. */
export interface Suppressed {
  /** Denials of the same subject or address. */
  suppressed?: number;
  /** Of others in the organisation. */
  suppressed_others?: number;
}

export class DenialBudget {
  readonly #clock: Clock;
  readonly #keys = new Map<string, Window & { organisation: Organisation }>();
  readonly #organisations = new Map<number, Organisation>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns what to write with the event, undefined when it is only counted */
  admit(
    organisationId: number,
    action: string,
    subject: string | null,
    address: string | null,
  ): Suppressed | undefined {
    const now = this.#clock.now();
    const organisation = this.#organisation(organisationId);
    const key = this.#key(`${organisationId} ${action} ${subject ?? address ?? ""}`, organisation);
    if (!key.has(now)) {
      key.suppressed++;
      return undefined;
    }
    if (!organisation.minute.has(now) || !organisation.day.has(now)) {
      organisation.suppressed++;
      return undefined;
    }
    for (const window of [key, organisation.minute, organisation.day]) window.used++;
    const { suppressed } = key;
    const { suppressed: others } = organisation;
    key.suppressed = 0;
    organisation.suppressed = 0;
    return { ...(suppressed > 0 && { suppressed }), ...(others > 0 && { suppressed_others: others }) };
  }

  #organisation(id: number): Organisation {
    let organisation = this.#organisations.get(id);
    if (!organisation) {
      organisation = { minute: new Window(MINUTE, PER_MINUTE), day: new Window(DAY, PER_DAY), suppressed: 0 };
      this.#organisations.set(id, organisation);
    }
    return organisation;
  }

  #key(name: string, organisation: Organisation): Window {
    const known = this.#keys.get(name);
    if (known) return known;
    if (this.#keys.size >= MAX_KEYS) this.#forgetOldest();
    const key = Object.assign(new Window(MINUTE, PER_KEY), { organisation });
    this.#keys.set(name, key);
    return key;
  }

  /** The older half at once, since the first key of a Map that has lost many costs 30 µs. Their counts stay. */
  #forgetOldest(): void {
    for (const [name, key] of this.#keys) {
      if (this.#keys.size <= MAX_KEYS / 2) return;
      key.organisation.suppressed += key.suppressed;
      this.#keys.delete(name);
    }
  }
}

interface Organisation {
  minute: Window;
  day: Window;
  suppressed: number;
}

/** So many in so long, from the first one on. */
class Window {
  used = 0;
  suppressed = 0;
  #ends = 0;

  constructor(
    readonly length: number,
    readonly limit: number,
  ) {}

  /** Whether there is room for one more now. */
  has(now: number): boolean {
    // Also where the clock was set back: a window is never further away than its length.
    if (now >= this.#ends || now < this.#ends - this.length) {
      this.#ends = now + this.length;
      this.used = 0;
    }
    return this.used < this.limit;
  }
}
