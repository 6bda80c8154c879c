/**
 * Gives the room of what was removed back to the disk, in small pieces between other writes. Some stays, for the rows
 * that come next: a file that is cut and grows again every hour gains nobody anything.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { Rounds } from "../rounds.ts";
import type { FreeSpace, Space, Store } from "../store/store.ts";

export interface SpaceReturnOptions {
  store: Pick<Store, "space">;
  clock: Clock;
  log: Logger;
  /** For tests: between two pieces, ms. */
  pause?: number;
}

/** Bytes that one transaction gives back: see docs/architecture.md for what that takes. */
const PIECE = 8 * 4_096;
/** Between two pieces others have the database to themselves, ms. */
const PAUSE_MS = 10;
/** Kept for what comes: the larger of the two. */
const KEPT = 16 * 2 ** 20;
const KEPT_SHARE = 0.1;
/** It is not begun for less than so many times what is kept. */
const WORTH = 2;
const ROUND_MS = 600_000;

/** Bytes that stay free in a file. */
export function kept({ whole }: FreeSpace): number {
  return Math.max(KEPT, whole * KEPT_SHARE);
}

export class SpaceReturn {
  readonly #space: Space | undefined;
  readonly #o: SpaceReturnOptions;
  readonly rounds: Rounds;

  constructor(options: SpaceReturnOptions) {
    this.#o = options;
    this.#space = options.store.space;
    this.rounds = new Rounds({
      ...{ clock: options.clock, log: options.log, pause: ROUND_MS },
      failure: "room cannot be given back to the disk",
      round: async () => {
        await this.#round();
        return options.clock.now() + ROUND_MS;
      },
    });
  }

  start(): void {
    const space = this.#space;
    if (!space) return;
    const found = space.look();
    if (!space.gradual && found.free > WORTH * kept(found)) {
      this.#o.log.info("the database's file holds room that it cannot give back in pieces", {
        ...{ free: inMegabytes(found.free), whole: inMegabytes(found.whole) },
        mend: "docs/sysadmins/retention.md, under old databases",
      });
    }
    this.rounds.start();
  }

  async stop(): Promise<void> {
    await this.rounds.stop();
  }

  async #round(): Promise<void> {
    const space = this.#space;
    if (!space?.gradual) return;
    const before = space.look();
    if (before.free < WORTH * kept(before)) return;
    const began = performance.now();
    let now = before;
    while (now.free > kept(now) && !this.rounds.stopped) {
      await space.giveBack(PIECE);
      const { free } = now;
      now = space.look();
      // Others may have taken what was free.
      if (now.free >= free) break;
      await Bun.sleep(this.#o.pause ?? PAUSE_MS);
    }
    this.#o.log.info("room was given back to the disk", {
      ...{ bytes: before.whole - now.whole, ms: Math.round(performance.now() - began) },
    });
  }
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)}MB`;
}
