/**
 * Runs a program: an argument list, never a shell; an environment of what is listed and nothing else; its input on
 * standard input. It is the leader of a process group of its own, so that whatever it starts ends with it.
 */
import { statSync } from "node:fs";

import type { CommandRunConfig } from "../config/types.ts";

export interface CommandEnd {
  /** Undefined where a signal ended it, or it did not start. */
  exitCode?: number;
  /** Such as `SIGKILL`. */
  signal?: string;
  /** What it printed, up to its limit. NUL is no text to PostgreSQL: it is replaced. */
  output: string;
  /** The end of what it printed as errors. */
  errors: string;
  /** Why it did not come to its own end. */
  cause?: "not_found" | "not_started" | "output" | "aborted";
}

export interface CommandOptions {
  stdin: string;
  signal: AbortSignal;
  /** Milliseconds between asking its group to end (SIGTERM) and ending it (SIGKILL). */
  grace?: number;
}

/** A server that stops waits 8 seconds for what is under way. */
const GRACE_MS = 5_000;
/** How long what it printed is waited for after its end: a process that left the group may hold the pipe for ever. */
const DRAIN_MS = 250;
/** Of what it prints as errors, the last bytes are kept; it may print so many times its limit. */
const ERRORS_KEPT = 4_096;
const ERRORS_FACTOR = 16;

/** Never rejects: what goes wrong is in the result. */
export async function runCommand(run: CommandRunConfig, options: CommandOptions): Promise<CommandEnd> {
  const { signal } = options;
  const none = { output: "", errors: "" };
  if (signal.aborted) return { ...none, cause: "aborted" };
  const program = programOf(run);
  if (program === undefined) return { ...none, cause: "not_found" };
  let child: Bun.Subprocess<Uint8Array<ArrayBuffer>, "pipe", "pipe">;
  try {
    child = Bun.spawn([program, ...run.command.slice(1)], {
      cwd: run.directory,
      env: run.environment,
      stdin: new TextEncoder().encode(options.stdin),
      stdout: "pipe",
      stderr: "pipe",
      // A session, and so a process group, of its own.
      detached: true,
    });
  } catch (error) {
    return { ...none, errors: error instanceof Error ? error.message : "", cause: "not_started" };
  }
  const group = new Group(child.pid, options.grace ?? GRACE_MS);
  let cause: CommandEnd["cause"];
  const end = (why: CommandEnd["cause"]) => {
    cause ??= why;
    group.end();
  };
  const aborted = () => end("aborted");
  signal.addEventListener("abort", aborted);
  const output = new Kept(child.stdout, run.outputLimit, () => end("output"));
  const errors = new Kept(child.stderr, ERRORS_FACTOR * run.outputLimit, () => end("output"), ERRORS_KEPT);
  try {
    await child.exited;
    // What it started and left behind is not to go on alone.
    group.kill();
    await Promise.race([Promise.all([output.done, errors.done]), Bun.sleep(DRAIN_MS)]);
  } finally {
    signal.removeEventListener("abort", aborted);
    group.forget();
    output.stop();
    errors.stop();
  }
  return {
    ...(child.exitCode !== null && child.signalCode === null && { exitCode: child.exitCode }),
    ...(child.signalCode !== null && { signal: String(child.signalCode) }),
    output: output.text,
    errors: errors.text,
    ...(cause !== undefined && { cause }),
  };
}

/** The file that is run; undefined where there is none. */
function programOf({ command: [name = ""], directory, environment }: CommandRunConfig): string | undefined {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  if (name.includes("/")) {
    return statSync(name, { throwIfNoEntry: false })?.isFile() ? name : undefined;
  }
  return Bun.which(name, { PATH: environment["PATH"] ?? process.env["PATH"] ?? "" }) ?? undefined;
}

/** A process and all that it has started, but what has made itself a session of its own. */
class Group {
  readonly #leader: number;
  readonly #grace: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor(leader: number, grace: number) {
    this.#leader = leader;
    this.#grace = grace;
  }

  /** Asks it to end, and ends it when it has not after a while. */
  end(): void {
    if (this.#timer !== undefined || this.#over) return;
    this.#signal("SIGTERM");
    this.#timer = setTimeout(() => this.#signal("SIGKILL"), this.#grace);
  }

  kill(): void {
    this.#signal("SIGKILL");
  }

  /** Its number may be another's from now on. */
  forget(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #signal(name: "SIGTERM" | "SIGKILL"): void {
    if (this.#over) return;
    try {
      process.kill(-this.#leader, name);
    } catch {
      // Nothing of it is left.
    }
  }
}

/** As much of a stream's reader as the types of Bun and of Node agree on. */
interface ChunkReader {
  read(): Promise<{ done: false; value: Uint8Array } | { done: true }>;
  cancel(): Promise<void>;
}

/** Reads what comes, and keeps its beginning, or its end. */
class Kept {
  readonly done: Promise<void>;
  readonly #reader: ChunkReader;
  #chunks: Uint8Array[] = [];
  /** Bytes in `#chunks`. */
  #held = 0;

  /**
   * @param full  called once when there is more than `limit` bytes; nothing more is read then
   * @param last  keeps the last so many bytes; not given, the first `limit`
   */
  constructor(
    stream: ReadableStream<Uint8Array>,
    private readonly limit: number,
    full: () => void,
    private readonly last?: number,
  ) {
    this.#reader = stream.getReader() as ChunkReader;
    // A pipe that breaks has nothing more to say.
    this.done = this.#read(full).catch(() => {});
  }

  get text(): string {
    const bytes = Buffer.concat(this.#chunks);
    const kept = this.last === undefined ? bytes.subarray(0, this.limit) : bytes.subarray(-this.last);
    return kept.toString("utf8").replaceAll("\0", "\ufffd");
  }

  stop(): void {
    void this.#reader.cancel().catch(() => {});
  }

  async #read(full: () => void): Promise<void> {
    for (let size = 0; ;) {
      const next = await this.#reader.read();
      if (next.done) return;
      size += next.value.byteLength;
      this.#keep(next.value);
      if (size > this.limit) return full();
    }
  }

  #keep(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#held += chunk.byteLength;
    if (this.last === undefined || this.#held < 16 * this.last) return;
    this.#chunks = [Buffer.concat(this.#chunks).subarray(-this.last)];
    this.#held = this.last;
  }
}
