/** What a case gets to work with. */
import type { Koppla } from "./koppla.ts";
import type { Process } from "./processes.ts";
import type { Report } from "./report.ts";
import type { Rounds, Side } from "./rounds.ts";
import type { Duration } from "./subjects.ts";

export type Mode = "quick" | "normal" | "full";

export interface Bench {
  mode: Mode;
  /** Runs sides in turn, as often as the mode has it or as `rounds` says. */
  alternate: (sides: Record<string, Side>, rounds?: number) => Promise<Rounds>;
  /** How often sides take turns. */
  rounds: number;
  /** How long one side is measured. */
  time: Duration;
  generator: Process;
  /** Receiver of webhooks, a process of its own, and where it listens. */
  sink: Process;
  sinkPort: number;
  report: Report;
  /**
   * A stopped Koppla with that many records, changes, deliveries and attempts, and one receiver; made at first use
   * and shared by the cases, which leave it stopped.
   */
  grown(rows: number): Promise<Koppla>;
}

/** A part of the benchmark, chosen by `--only NAME`. */
export interface Case {
  name: string;
  run(bench: Bench): Promise<void>;
}

export const SMALL_ROWS = 10_000;

/** How many rows the big database has; filling it takes a quick run too long. */
export function bigRows(mode: Mode): number {
  return { quick: 100_000, normal: 1_000_000, full: 10_000_000 }[mode];
}
