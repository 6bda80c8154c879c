/** The results as they are printed and written. */
import type { Figure } from "./rounds.ts";

/** One line of the table, one member of `results` in the JSON file. What is in doubt is null. */
export interface Result {
  name: string;
  unit: string;
  value: number | null;
  /** CPU time of the server process per operation, in µs. */
  cpu_us: number | null;
  /** The same figure of the bare program, in the same unit. */
  bare: number | null;
  /** `value` over `bare`. */
  ratio: number | null;
  /** From request to answer (or what the name says), in ms. */
  p50?: number | null;
  p99?: number | null;
  /** Why a figure is missing. */
  inconclusive?: string;
  /** What each round measured: of `value`, and of `ratio`. */
  observed?: { value?: number[]; ratio?: number[] };
}

export interface Measured {
  value: Figure;
  cpu?: Figure;
  bare?: Figure;
  ratio?: Figure;
  /** In µs. */
  p50?: Figure;
  p99?: Figure;
}

const columns = { name: 34, value: 14, cpu: 10, bare: 12, ratio: 8, p50: 9, p99: 9 };

export class Report {
  readonly results: Result[] = [];
  readonly failures: { name: string; error: string }[] = [];

  constructor(readonly print: (line: string) => void) {}

  header(): void {
    this.#line("", "value", "CPU µs/op", "bare", "ratio", "p50 ms", "p99 ms", "");
  }

  add(name: string, unit: string, measured: Measured): void {
    const { value, cpu, bare, ratio, p50, p99 } = measured;
    const doubt = [value, ratio, p99].find((part) => part?.doubt)?.doubt;
    const result: Result = {
      name,
      unit,
      value: sure(value),
      cpu_us: sure(cpu),
      bare: sure(bare),
      ratio: sure(ratio),
      ...(p50 && { p50: sure(milliseconds(p50)) }),
      ...(p99 && { p99: sure(milliseconds(p99)) }),
      ...(doubt !== undefined && { inconclusive: doubt }),
      observed: {
        ...(value.observed && { value: value.observed }),
        ...(ratio?.observed && { ratio: ratio.observed }),
      },
    };
    this.results.push(result);
    this.#line(
      name,
      value.doubt ? "INCONCLUSIVE" : `${show(result.value)} ${unit}`,
      show(result.cpu_us),
      show(result.bare),
      show(result.ratio),
      show(result.p50),
      show(result.p99),
      doubt ?? "",
    );
  }

  /** A case that ended early and is run once more. @param before  how many results there were before it */
  again(name: string, error: unknown, before: number): void {
    this.results.length = before;
    this.print(`${name.padEnd(columns.name)}once more: ${messageOf(error)}`);
  }

  fail(name: string, error: unknown): void {
    const text = messageOf(error);
    this.failures.push({ name, error: text });
    this.print(`${name.padEnd(columns.name)}FAILED: ${text}`);
  }

  #line(
    name: string,
    value: string,
    cpu: string,
    bare: string,
    ratio: string,
    p50: string,
    p99: string,
    note: string,
  ): void {
    this.print(
      [
        name.padEnd(columns.name),
        value.padStart(columns.value),
        cpu.padStart(columns.cpu),
        bare.padStart(columns.bare),
        ratio.padStart(columns.ratio),
        p50.padStart(columns.p50),
        p99.padStart(columns.p99),
        note && `  ${note}`,
      ]
        .join(" ")
        .trimEnd(),
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sure(figure: Figure | undefined): number | null {
  return figure && figure.doubt === undefined && Number.isFinite(figure.value) ? figure.value : null;
}

function milliseconds(figure: Figure): Figure {
  return { ...figure, value: figure.value / 1000 };
}

/** Three significant digits, and thousands apart; nothing for what was not measured. */
export function show(value: number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en").replaceAll(",", "\u00a0");
  return Number(value.toPrecision(3)).toString();
}
