/** A bar on the terminal for work in a few phases, such as a backup. Elsewhere it says nothing. */
import { Presets, SingleBar } from "cli-progress";

import { timeText } from "./operation-followed.ts";

export class PhaseBar {
  #bar: SingleBar | undefined;
  #phase: string | undefined;
  #begun = 0;

  /** @param phase  what is being done, such as `copying` */
  show(phase: string, done: number, total: number): void {
    if (!process.stderr.isTTY || total === 0) return;
    if (phase !== this.#phase) {
      this.stop();
      this.#phase = phase;
      this.#begun = performance.now();
      this.#bar = new SingleBar(
        {
          format: `${phase.padEnd(9)} {bar} {percentage}% | {left} left`,
          ...{ stream: process.stderr, hideCursor: true, clearOnComplete: true, fps: 8 },
        },
        Presets.shades_classic,
      );
      this.#bar.start(total, done, { left: "?" });
      return;
    }
    const seconds = (performance.now() - this.#begun) / 1000;
    const left = done > 0 ? timeText((seconds / done) * (total - done)) : "?";
    this.#bar?.setTotal(total);
    this.#bar?.update(done, { left });
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
