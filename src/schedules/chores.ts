/**
 * Koppla's own chores, as schedules: each has a timer of its own, set to when there is something to do, unless a
 * schedule of the YAML says when it is to run. Then it runs at those times alone.
 */
import type { ScheduleConfig } from "../config/types.ts";
import type { OperationKind } from "../operations/operation.ts";
import { type ChoreName, CHORES } from "./chore-names.ts";

/** Work that comes round by the clock; `Rounds` is one. */
export interface ChoreRounds {
  /** When it begins by itself next, milliseconds since 1970; undefined while nothing is planned. */
  readonly nextAt: number | undefined;
  /** When it has ended last; undefined before the first time. */
  readonly lastAt: number | undefined;
  /** To be called before it is started: from then on it begins when it is told to, and by itself never. */
  leaveToOthers(): void;
  /** Does what there is to do. @returns what came of it, where that is worth saying @throws what went wrong */
  now(): Promise<unknown>;
}

export interface Chore {
  name: ChoreName;
  description: string;
  rounds: ChoreRounds;
  /** Whether a schedule of the YAML says when it runs. */
  led: boolean;
}

export const kindOfChore = (name: string): string => `chore:${name}`;

export class Chores {
  readonly #led: ReadonlySet<string>;
  readonly #chores = new Map<string, Chore>();

  constructor(schedules: Readonly<Record<string, ScheduleConfig>>) {
    this.#led = new Set(
      Object.values(schedules).flatMap(({ runs }) => (runs.kind === "chore" ? [runs.chore] : [])),
    );
  }

  /** Makes a chore known, before it is started. */
  add(name: ChoreName, rounds: ChoreRounds): void {
    const led = this.#led.has(name);
    if (led) rounds.leaveToOthers();
    this.#chores.set(name, { name, description: CHORES[name], rounds, led });
  }

  get all(): Chore[] {
    return [...this.#chores.values()];
  }

  find(name: string): Chore | undefined {
    return this.#chores.get(name);
  }

  /** A run of a chore as an operation: what it removes it may be told to remove again. */
  kind(name: ChoreName): OperationKind {
    return {
      limits: { total: 1 },
      cancellable: false,
      run: async () => {
        const chore = this.#chores.get(name);
        if (!chore) return { message: "There is nothing to do: this server does without it." };
        const said = await chore.rounds.now();
        return { message: typeof said === "string" ? said : "It has been done." };
      },
    };
  }
}
