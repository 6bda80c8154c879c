/** The processes and folders of a run: everything that is started here is ended here, by its id. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Subprocess } from "bun";

/** How long a process may take to end after SIGTERM, in ms, before it is killed. */
const GRACE = 10_000;

const children = new Set<Subprocess>();
const folders = new Set<string>();
/** Set once the run is over: a case that is still under way must not leave anything behind. */
let over = false;

function refuseWhenOver(): void {
  if (over) throw new Error("the run is over");
}

/** Only what a program needs to run: a variable of the caller must not change what is measured. */
function environment(more: Record<string, string> = {}): Record<string, string> {
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...more };
}

function track<T extends Subprocess>(child: T): T {
  children.add(child);
  void child.exited.then(() => children.delete(child));
  return child;
}

/** Runs a program to its end and returns what it wrote to stdout; anything but exit code 0 is an error. */
export async function run(command: string[]): Promise<string> {
  refuseWhenOver();
  const child = track(
    Bun.spawn(command, { env: environment(), stdin: "ignore", stdout: "pipe", stderr: "pipe" }),
  );
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const code = await child.exited;
  if (code !== 0) throw new Error(`${command.join(" ")} ended with code ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** A server that runs until it is stopped; what it writes goes to a file, which is what its owner reads. */
export class Daemon {
  readonly #child: Subprocess;

  constructor(
    command: string[],
    readonly log: string,
    options: { cwd: string; env?: Record<string, string> },
  ) {
    refuseWhenOver();
    this.#child = track(
      Bun.spawn(command, {
        cwd: options.cwd,
        env: environment(options.env),
        stdin: "ignore",
        stdout: "ignore",
        stderr: Bun.file(log),
      }),
    );
  }

  get pid(): number {
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}

/** A process that speaks in lines of JSON: it may be asked, and answers each question with a line. */
export class Process {
  readonly #child: Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string[], env: Record<string, string> = {}) {
    refuseWhenOver();
    this.#child = track(
      Bun.spawn(command, { env: environment(env), stdin: "pipe", stdout: "pipe", stderr: "inherit" }),
    );
    this.#lines = lines(this.#child.stdout);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The next line of stdout. Throws when the process ended instead, or the line is `{"error"}`. */
  async next<T>(): Promise<T> {
    const line = await this.#lines.next();
    if (line.done) throw new Error(`process ${this.pid} ended with code ${await this.#child.exited}`);
    const value: T & { error?: string } = JSON.parse(line.value);
    if (value.error !== undefined) throw new Error(value.error);
    return value;
  }

  async ask<T>(question: object): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    await this.#child.stdin.flush();
    return this.next<T>();
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}

async function end(child: Subprocess): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), GRACE);
  await child.exited;
  clearTimeout(timer);
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

/** A new folder under the system's temporary one. */
export function temporaryFolder(name: string): string {
  refuseWhenOver();
  const folder = mkdtempSync(join(tmpdir(), `koppla-load-${name}-`));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/** Ends every process that was started. */
export async function endAll(): Promise<void> {
  await Promise.all([...children].map(end));
}

/** Ends every process that was started, removes every folder that was made, and lets nothing new begin. */
export async function cleanUp(): Promise<void> {
  over = true;
  await endAll();
  for (const folder of folders) removeFolder(folder);
}

/** A port that is free now. */
export function freePort(): number {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop(true);
  return port;
}
