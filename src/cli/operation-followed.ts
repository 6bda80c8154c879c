/** Following an operation on the terminal: a bar with its rate and the time left, and what came of it. */
import { Presets, SingleBar } from "cli-progress";

import type { ShownOperation } from "../operations/operation.ts";
import { exitCodes, note, out, outJson } from "./output.ts";

const LOOK_MS = 250;

export interface FollowOptions {
  json?: boolean | undefined;
  /** As it stands now. */
  look: () => Promise<ShownOperation>;
}

/** Shows how far an operation has come until it has ended. @returns it as it ended */
export async function followed({ look }: FollowOptions): Promise<ShownOperation> {
  const bar = process.stderr.isTTY ? new Bar() : undefined;
  try {
    for (;;) {
      const operation = await look();
      bar?.show(operation);
      if (operation.status !== "IN_PROGRESS") return operation;
      await Bun.sleep(LOOK_MS);
    }
  } finally {
    bar?.stop();
  }
}

/** Prints how it ended; the process ends with 1 where that is not well. */
export function printEnd(operation: ShownOperation, json: boolean | undefined): void {
  if (json) outJson(operation);
  else if (operation.status === "SUCCESS") out(operation.message);
  else note(operation.message);
  const errors = operation.result?.["errors"];
  if (!json && typeof errors === "string") note(`What was refused: koppla operation errors ${operation.id}`);
  if (operation.status === "ERROR") process.exitCode = exitCodes.failed;
}

class Bar {
  readonly #known = new SingleBar(
    {
      format: "{bar} {percentage}% | {value}/{total} | {rate}/s | {left} left",
      ...{ stream: process.stderr, hideCursor: true, clearOnComplete: true, fps: 8 },
    },
    Presets.shades_classic,
  );
  #started = false;
  #begun = performance.now();
  /** What was done when it began to look: an operation may have run for long. */
  #before = 0;

  show({ progress: { done, total } }: ShownOperation): void {
    if (total === null || total === 0) {
      process.stderr.write(`\r${done} done, ${this.#rate(done)}/s `);
      return;
    }
    const rate = this.#rate(done);
    const fields = { rate, left: rate > 0 ? timeText((total - done) / rate) : "?" };
    if (!this.#started) {
      this.#started = true;
      this.#begun = performance.now();
      this.#before = done;
      this.#known.start(total, done, { rate: 0, left: "?" });
    } else {
      this.#known.setTotal(total);
      this.#known.update(done, fields);
    }
  }

  #rate(done: number): number {
    const seconds = (performance.now() - this.#begun) / 1000;
    return seconds > 0 ? Math.round((done - this.#before) / seconds) : 0;
  }

  stop(): void {
    if (this.#started) this.#known.stop();
    else process.stderr.write("\r\x1b[K");
  }
}

/** `1h 4m`, `3m 10s`, `12s`. @param seconds  zero or more */
export function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole >= 3600) return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
  return whole >= 60 ? `${Math.floor(whole / 60)}m ${whole % 60}s` : `${whole}s`;
}
