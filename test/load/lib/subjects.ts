/** What is measured: servers under load, Koppla's or bare ones, each a process of its own. */
import { join } from "node:path";

import type { BurstJob, ClosedJob, LoadResult } from "./jobs.ts";
import { Process, temporaryFolder } from "./processes.ts";
import type { Sample } from "./rounds.ts";
import { FIRST_ID, type Ids, type RequestText } from "./template.ts";

const here = import.meta.dir;

export async function startGenerator(): Promise<Process> {
  const generator = new Process([process.execPath, join(here, "generator.ts")]);
  await generator.next();
  return generator;
}

/** The receiver of webhooks. */
export async function startSink(port: number): Promise<Process> {
  const sink = new Process([process.execPath, join(here, "sink.ts"), `${port}`]);
  await sink.next();
  return sink;
}

/** One record as it is pushed, the same for Koppla and for the bare program. */
export const ITEM = '{"id":{id},"name":"Item {id}","quantity":17,"city":"Stockholm"}';

export interface LoadOptions {
  connections: number;
  status?: number;
  /** Which ids are asked for; without it ids that were never used. */
  ids?: Ids;
  /** Operations per request: the records of a list. */
  operations?: number;
  /** Processes of this benchmark that are at work meanwhile: what they use is nobody else's. */
  beside?: number[];
}

export interface Duration {
  warmup: number;
  duration: number;
}

/** A program compiles its hot code within its first hundred thousand requests: none of them is measured. Milliseconds. */
const FIRST_WARMUP = 4_000;

/** A server that can be put under load; it remembers which ids it has seen. */
export class Subject {
  nextId = FIRST_ID;
  readonly #warm = new Set<string>();

  constructor(
    readonly generator: Process,
    readonly process: { pid: number; stop(): Promise<void> },
    readonly port: number,
    readonly headers: Record<string, string> = {},
  ) {}

  stop(): Promise<void> {
    return this.process.stop();
  }

  /** Closed-loop load; rate and CPU per operation of the server process. */
  async load(request: RequestText, options: LoadOptions, time: Duration): Promise<Sample> {
    const isFirst = !this.#warm.has(request.path);
    this.#warm.add(request.path);
    const warmup = isFirst ? Math.max(time.warmup, FIRST_WARMUP) : time.warmup;
    const kind = { kind: "closed", duration: time.duration, warmup } as const;
    return this.#sample(await this.#ask<LoadResult>(kind, request, options), options);
  }

  /** All connections ask at once, `bursts` times over. */
  async burst(request: RequestText, options: LoadOptions, bursts: number): Promise<Sample> {
    return this.#sample(await this.#ask<LoadResult>({ kind: "burst", bursts }, request, options), options);
  }

  async #ask<R extends LoadResult>(
    kind: ({ kind: "closed" } & Duration) | { kind: "burst"; bursts: number },
    request: RequestText,
    options: LoadOptions,
  ): Promise<R> {
    const job: ClosedJob | BurstJob = {
      ...kind,
      port: this.port,
      request: { ...request, headers: { ...this.headers, ...request.headers } },
      ids: options.ids ?? { first: this.nextId, order: "next" },
      connections: options.connections,
      status: options.status ?? 200,
      watch: [this.process.pid, ...(options.beside ?? [])],
    };
    const result = await this.generator.ask<R>(job);
    if (!options.ids) this.nextId = result.nextId;
    return result;
  }

  #sample(result: LoadResult, options: LoadOptions): Sample {
    const operations = result.requests * (options.operations ?? 1);
    return {
      rate: operations / result.seconds,
      // A server too busy to answer anything has at least this cost, not none.
      cpu: (result.cpu[0] ?? NaN) / Math.max(1, operations),
      p50: result.p50,
      p95: result.p95,
      p99: result.p99,
      others: result.others,
      generator: result.own / (result.seconds * 1e6),
    };
  }
}

/** Bare program: Elysia that answers `hello`. */
export async function startHello(generator: Process): Promise<Subject> {
  const server = new Process([process.execPath, join(here, "../bare/hello.ts")]);
  const { port } = await server.next<{ port: number }>();
  return new Subject(generator, server, port);
}

/** Bare program: the bytes of a file. */
export async function startBytes(generator: Process, file: string): Promise<Subject> {
  const server = new Process([process.execPath, join(here, "../bare/bytes.ts"), file]);
  const { port } = await server.next<{ port: number }>();
  return new Subject(generator, server, port);
}

/** Bare program: JSON, an insert, group commit. */
export async function startInsert(generator: Process, env: Record<string, string> = {}): Promise<Subject> {
  const server = new Process(
    [process.execPath, join(here, "../bare/insert.ts"), temporaryFolder("insert")],
    env,
  );
  const { port } = await server.next<{ port: number }>();
  return new Subject(generator, server, port);
}
