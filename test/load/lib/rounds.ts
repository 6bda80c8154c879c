/**
 * Measures several sides in turn and judges whether the figures may be believed.
 *
 * A rate is doubted when the machine was busy with something else in most rounds, or when rounds disagree. CPU time
 * per operation hardly depends on other processes, so it is doubted only when rounds disagree.
 */
import { disagreement, median, pairedRatio, turns } from "./stats.ts";

/** One side, measured once. */
export interface Sample {
  /** Operations per second. */
  rate: number;
  /** CPU time of the process in µs per operation. */
  cpu: number;
  /** From request to answer, in µs. */
  p50?: number;
  p95?: number;
  p99?: number;
  /** Share of the machine (0 to 1) used by processes that have nothing to do with the measurement. */
  others: number;
  /** Share of one CPU that the load generator used; near 1 it is what was measured. */
  generator?: number;
}

/** A figure, and why it should not be believed where that is so. */
export interface Figure {
  value: number;
  doubt?: string;
  /** What the rounds measured, in their order. */
  observed?: number[];
}

export type Side = () => Promise<Sample>;

/** Above this share of the machine, other processes spoil a rate. */
export const BUSY = 0.1;
/** How far the middle half of the rounds may lie apart. */
const RATE_SPREAD = 0.2;
const CPU_SPREAD = 0.12;
/** Above this share of one CPU the generator had no time left, so a rate says little about the server. */
const GENERATOR_FULL = 0.95;

/**
 * Runs every side once per round, A B then B A and so on. A round in which the machine was busy is run again, to
 * `most` rounds in all; if it stays busy the rates are doubted.
 */
export async function alternate(sides: Record<string, Side>, rounds: number, most: number): Promise<Rounds> {
  const names = Object.keys(sides);
  const all: Record<string, Sample>[] = [];
  const quiet = () => all.filter(isQuiet).length;
  for (let round = 0; round < most && (round < rounds || quiet() < rounds); round++) {
    const samples: Record<string, Sample> = {};
    for (const name of turns(names, round)) {
      const side = sides[name];
      if (side) samples[name] = await side();
    }
    all.push(samples);
  }
  return new Rounds(all, rounds);
}

function isQuiet(round: Record<string, Sample>): boolean {
  return Object.values(round).every((sample) => sample.others <= BUSY);
}

export class Rounds {
  readonly #quiet: Record<string, Sample>[];
  readonly #busy: string | undefined;

  constructor(
    readonly all: Record<string, Sample>[],
    wanted: number,
  ) {
    const quiet = all.filter(isQuiet);
    // More than half of the wanted rounds: then the median is one of them.
    const enough = quiet.length > wanted / 2;
    this.#quiet = enough ? quiet : all;
    const others = Math.max(...all.flatMap((round) => Object.values(round).map((sample) => sample.others)));
    this.#busy = enough ? undefined : `other processes used up to ${percent(others)} of the machine`;
  }

  #values(rounds: Record<string, Sample>[], side: string, of: keyof Sample): number[] {
    return rounds.map((round) => round[side]?.[of] ?? NaN);
  }

  #timed(side: string, of: "rate" | "p50" | "p95" | "p99"): Figure {
    const values = this.#values(this.#quiet, side, of);
    const spread = of === "rate" ? disagreement(values) : 0;
    const full = median(this.#values(this.#quiet, side, "generator")) > GENERATOR_FULL;
    return {
      observed: values,
      ...figure(
        median(values),
        this.#busy ??
          (full ? "the load generator was the bottleneck" : undefined) ??
          (spread > RATE_SPREAD ? `rounds disagree by ${percent(spread)}` : undefined),
      ),
    };
  }

  /** Operations per second. */
  rate(side: string): Figure {
    return this.#timed(side, "rate");
  }

  p50(side: string): Figure {
    return this.#timed(side, "p50");
  }

  p95(side: string): Figure {
    return this.#timed(side, "p95");
  }

  p99(side: string): Figure {
    return this.#timed(side, "p99");
  }

  /** CPU time in µs per operation. */
  cpu(side: string): Figure {
    const values = this.#values(this.all, side, "cpu");
    const spread = disagreement(values);
    return {
      observed: values,
      ...figure(median(values), spread > CPU_SPREAD ? `rounds disagree by ${percent(spread)}` : undefined),
    };
  }

  /** The rate of `a` as a multiple of that of `b`, pair by pair. */
  rateRatio(a: string, b: string): Figure {
    const [of, to] = [this.#values(this.#quiet, a, "rate"), this.#values(this.#quiet, b, "rate")];
    return ratioFigure(of, to, RATE_SPREAD, this.#busy ?? this.rate(a).doubt ?? this.rate(b).doubt);
  }

  /** The CPU time per operation of `a` as a multiple of that of `b`, pair by pair. */
  cpuRatio(a: string, b: string): Figure {
    return ratioFigure(this.#values(this.all, a, "cpu"), this.#values(this.all, b, "cpu"), CPU_SPREAD);
  }
}

function ratioFigure(a: number[], b: number[], limit: number, doubt?: string): Figure {
  const observed = a.map((value, i) => value / (b[i] ?? NaN));
  const spread = disagreement(observed);
  return {
    observed,
    ...figure(
      pairedRatio(a, b),
      doubt ?? (spread > limit ? `rounds disagree by ${percent(spread)}` : undefined),
    ),
  };
}

export function figure(value: number, doubt?: string): Figure {
  if (doubt === undefined && !Number.isFinite(value)) return { value, doubt: "nothing was measured" };
  return doubt === undefined ? { value } : { value, doubt };
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
