/** The slow disk: builds `slow-fsync.c` where there is a C compiler, and reads its counts. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { run, temporaryFolder } from "./processes.ts";

const source = join(import.meta.dir, "../slow-fsync.c");

let built: Promise<string | undefined> | undefined;

async function build(): Promise<string | undefined> {
  const compiler = Bun.which("gcc") ?? Bun.which("cc");
  if (process.platform !== "linux" || !compiler || !existsSync(source)) return undefined;
  const library = join(temporaryFolder("shim"), "slow-fsync.so");
  await run([compiler, "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"]);
  return library;
}

/** Counts the calls of fsync and fdatasync of the program that runs with {@link Shim.env}. */
export class Shim {
  readonly env: Record<string, string>;
  readonly #counts: string;

  private constructor(library: string, delay: number) {
    this.#counts = join(temporaryFolder("counts"), "counts");
    writeFileSync(this.#counts, new Uint8Array(16));
    this.env = { LD_PRELOAD: library, SLOW_FSYNC_US: `${delay}`, SLOW_FSYNC_COUNT: this.#counts };
  }

  /** @param delay  µs that each call takes longer. Undefined where there is no C compiler. */
  static async make(delay: number): Promise<Shim | undefined> {
    const library = await (built ??= build());
    return library === undefined ? undefined : new Shim(library, delay);
  }

  get calls(): number {
    const bytes = readFileSync(this.#counts);
    return Number(bytes.readBigUInt64LE(0) + bytes.readBigUInt64LE(8));
  }
}
