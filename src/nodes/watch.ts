/**
 * Several servers on one PostgreSQL: which of them are gone, and what these had claimed is given back.
 *
 * What a server is at work on is claimed by a lease in its row, which bears the number by which the server is seen to
 * live (`Presence` in `store/store.ts`). The rule:
 * 1. A server whose number was missed at {@link GONE_AFTER} looks in a row, {@link LOOK_MS} apart and none of them
 *    failed, is gone. What bears its number is given back: due at once, for whoever is first.
 * 2. A server that loses the session by which it is seen, and lives, takes its number off its claims as soon as it
 *    reaches the database, which is long before the second look: they are its own until their leases end. What it has
 *    claimed and not begun it gives back. Claims that it makes before it is seen again bear no number.
 * 3. What comes of a claim is written only where that still bears the number that it was made with, or none. (Of an
 *    operation and a try at a channel, where it is still the same run.)
 *
 * So what is at work is done twice only where a server is cut off from the database and not from the rest of the world,
 * for longer than PostgreSQL takes to miss it (eleven seconds) and two looks.
 *
 * A look is one statement for each kind of claim, by an index, and one for who lives. They follow one another while
 * others have claims; else there is one each {@link IDLE_MS}, and one soon after another server has told of something.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Room, Statement } from "../store/statement.ts";
import type { Presence, Store } from "../store/store.ts";

/** Claims of one kind. */
export interface NodeClaims {
  /** What they are of, for the log: `deliveries`. */
  what: string;
  /** The numbers that any of them bears. */
  owners: Statement<unknown, { node: number | null }[]>;
  /** Gives back what bears these numbers; returns a row for each. @param now  when that is due */
  release: (nodes: readonly number[], now: number) => (room: Room) => PromiseLike<readonly unknown[]>;
  /** Takes a number off all that bear it. */
  unname: (node: number) => (room: Room) => PromiseLike<unknown>;
  /** At so many looks in a row a server must have been missed; not given, {@link GONE_AFTER}. */
  patience?: number;
  /** A server is gone: something may have been given back, or was planned by it alone. */
  gone: () => void;
  /** This server was lost sight of: what it has claimed and not begun is not to be begun. */
  doubted?: () => void;
}

export const LOOK_MS = 3_000;
export const IDLE_MS = 60_000;
const GONE_AFTER = 2;
/** A number is taken off when the session is lost, and once more for claims that were under way then. */
const UNNAMED = 2;

export interface NodeWatchOptions {
  store: Pick<Store, "presence" | "read" | "write" | "subscribe">;
  clock: Clock;
}

type Log = Pick<Logger, "info" | "warn" | "error">;

export class NodeWatch {
  readonly #o: NodeWatchOptions;
  readonly #claims: NodeClaims[] = [];
  #log: Log = { info() {}, warn() {}, error() {} };
  /** Who lived at the last look. */
  #alive: ReadonlySet<number> = new Set();
  /** At how many looks in a row each was missed. */
  #missed = new Map<number, number>();
  /** Numbers that this process has had, with how often each is still to be taken off. */
  readonly #former = new Map<number, number>();
  #looking: Promise<void> | undefined;
  #unnaming: Promise<void> = Promise.resolve();
  /** The next look is a soon one. */
  #isSoon = false;
  #isStopped = false;
  #cancel = (): void => {};

  constructor(options: NodeWatchOptions) {
    this.#o = options;
  }

  /** Claims of another kind. To be said before {@link watch}. */
  register(claims: NodeClaims): void {
    this.#claims.push(claims);
  }

  /** From here on others see that this server lives, and its claims bear its number. */
  async start(log: Log): Promise<void> {
    this.#log = log;
    await this.#o.store.presence?.appear({
      seen: () => this.#unname(),
      lost: (number) => {
        log.warn("others cannot see at the moment that this server lives", { node: number });
        this.#lost(number);
      },
      failed: (error) => log.warn("others cannot see yet that this server lives", { error }),
      unseen: () => log.warn("others cannot see whether this server lives: its session is not kept"),
    });
  }

  /** Looks for what was left by those that are gone, now and for as long as this server runs. */
  async watch(): Promise<void> {
    const { store } = this.#o;
    if (!store.presence) return;
    store.subscribe(() => this.#hear());
    this.#begin(store.presence);
    await this.#looking;
  }

  /** Resolves when the look that is under way, if there is one, has ended. */
  async settled(): Promise<void> {
    await this.#looking;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#looking;
    await this.#unnaming;
  }

  #begin(presence: Presence): void {
    this.#looking = this.#look(presence).then((isSoon) => {
      this.#looking = undefined;
      // Something may have been heard meanwhile.
      this.#isSoon ||= isSoon;
      this.#wait(presence);
    });
  }

  #wait(presence: Presence): void {
    this.#cancel();
    if (this.#isStopped) return;
    this.#cancel = this.#o.clock.after(this.#isSoon ? LOOK_MS : IDLE_MS, () => {
      this.#isSoon = false;
      this.#begin(presence);
    });
  }

  /** Another server has told of something: it is at work. */
  #hear(): void {
    const { presence } = this.#o.store;
    if (this.#isSoon || this.#isStopped || !presence) return;
    this.#isSoon = true;
    if (!this.#looking) this.#wait(presence);
  }

  /** @returns whether to look again soon */
  async #look(presence: Presence): Promise<boolean> {
    const { store } = this.#o;
    try {
      if (this.#former.size > 0) await this.#unname();
      // Owners first: who has claims by then is seen by the time that it is asked who lives.
      const claimed = await store.read((reader) =>
        Promise.all(this.#claims.map(async ({ owners }) => numbersOf(await reader.run(owners, {})))),
      );
      this.#count(claimed.flat(), await presence.alive());
      await this.#release(claimed);
      const isOthers = (node: number) => node !== presence.number;
      return this.#missed.size > 0 || claimed.some((nodes) => nodes.some(isOthers));
    } catch (error) {
      // Whoever comes back later than this one must not be missed for that.
      this.#missed.clear();
      this.#log.error("servers that are gone could not be looked for", { error });
      return true;
    }
  }

  #count(claimed: readonly number[], alive: ReadonlySet<number>): void {
    const suspect = [...this.#missed].filter(([, looks]) => looks < GONE_AFTER).map(([node]) => node);
    const missing = new Set([...claimed, ...this.#alive, ...suspect]);
    for (const node of [...alive, ...this.#former.keys()]) missing.delete(node);
    this.#missed = new Map([...missing].map((node) => [node, (this.#missed.get(node) ?? 0) + 1]));
    this.#alive = alive;
  }

  /** @param claimed  for each kind, who has any */
  async #release(claimed: readonly (readonly number[])[]): Promise<void> {
    const { store, clock } = this.#o;
    const isNews = [...this.#missed.values()].includes(GONE_AFTER);
    for (const [index, { what, release, patience = GONE_AFTER, gone }] of this.#claims.entries()) {
      const nodes = (claimed[index] ?? []).filter((node) => (this.#missed.get(node) ?? 0) >= patience);
      if (nodes.length > 0) {
        const given = await store.write((tx) => tx.query(release(nodes, clock.now())));
        const count = given.length;
        // Another one may have been quicker.
        if (count > 0)
          this.#log.info("what a server that is gone had claimed is given back", { what, count });
      }
      if (nodes.length > 0 || isNews) gone();
    }
  }

  #lost(number: number): void {
    this.#former.set(number, UNNAMED);
    for (const { doubted } of this.#claims) doubted?.();
    this.#unname();
  }

  /** Takes the numbers off that this process has had: what it has claimed is its own until the leases end. */
  #unname(): Promise<void> {
    this.#unnaming = this.#unnaming.then(async () => {
      for (const [number, times] of this.#former) {
        try {
          await this.#o.store.write((tx) =>
            Promise.all(this.#claims.map(({ unname }) => tx.query(unname(number)))),
          );
          if (times > 1) this.#former.set(number, times - 1);
          else this.#former.delete(number);
        } catch (error) {
          this.#log.warn("what this server has under way could not be made its own until its leases end", {
            error,
          });
        }
      }
    });
    return this.#unnaming;
  }
}

function numbersOf(rows: readonly { node: number | null }[]): number[] {
  return rows.flatMap(({ node }) => node ?? []);
}
