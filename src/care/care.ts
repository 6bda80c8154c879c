/**
 * What the server does so that it is not hurt: it looks at its disk, memory and connections once a second, and refuses
 * new work that would take the last of them. Between two looks that costs a request one look at a flag.
 */
import type { Config } from "../config/types.ts";
import type { Logger } from "../log.ts";
import { Problem } from "../problem.ts";
import { ConnectionWatch } from "./connections.ts";
import { DiskWatch } from "./disk.ts";
import { loadOf } from "./load.ts";
import { MemoryWatch } from "./memory.ts";
import { endSilent, prepareToEnd } from "./silent.ts";

/** For work that goes on by itself: it looks before each step. */
export interface Room {
  /** @throws Problem `storage_full` where the disk is nearly full */
  demand(): void;
}

/** Where connections come in. */
export interface Door {
  /** Undefined for a socket in the file system. */
  readonly port: number | undefined;
  /** Closes connections on which no request is under way, and says how many. */
  closeIdle(): number;
}

export interface CareOptions {
  config: Pick<Config, "database" | "care" | "server">;
  isType: (name: string) => boolean;
}

const LOOK_MS = 1_000;
/** Descriptors have nearly no holes between them: the lowest that is free is taken. */
const HOLES = 1_000;
/** Whoever watches the server is to hear that it is there. */
const WATCHED = /^https?:\/\/[^/]*\/(healthz|metrics)$/;
const FULL = "The server's disk is nearly full; nothing was stored.";

export class Care implements Room {
  readonly #isType: (name: string) => boolean;
  readonly disk: DiskWatch;
  readonly memory: MemoryWatch;
  readonly connections: ConnectionWatch;
  #door: Door | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #looking: Promise<void> | undefined;
  #calm = true;

  constructor({ config, isType }: CareOptions) {
    const { limits } = config.server;
    this.#isType = isType;
    this.disk = new DiskWatch({ database: config.database, reserve: config.care.reserve });
    this.memory = new MemoryWatch({ ceiling: limits.memory });
    this.connections = new ConnectionWatch({
      limit: limits.connections,
      closeIdle: () => this.#door?.closeIdle() ?? 0,
      endSilent: (most, files) =>
        this.#door?.port === undefined ? 0 : endSilent(this.#door.port, files + HOLES, most),
    });
  }

  /** Looks now, and from now on. */
  async start(log: Logger, door: Door): Promise<void> {
    this.#door = door;
    prepareToEnd();
    await this.connections.start(log);
    await this.#look(log);
    this.#timer = setInterval(() => void this.#look(log), LOOK_MS);
    this.#timer.unref();
  }

  /** Takes other limits, from the next look on. */
  reload({ care, server }: Pick<Config, "care" | "server">): void {
    this.disk.keep(care.reserve);
    this.memory.keep(server.limits.memory);
    this.connections.keep(server.limits.connections);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** What the caller is to be told instead of being served; nearly always nothing. */
  refuse(request: Request): Problem | undefined {
    return this.#calm ? undefined : this.#refuse(request);
  }

  #refuse(request: Request): Problem | undefined {
    if (this.connections.crowded && !WATCHED.test(request.url)) {
      const headers = { "retry-after": "5", connection: "close" };
      return new Problem("unavailable", "The server has too many connections.", { headers });
    }
    const load = loadOf(request, this.#isType);
    if (load !== "none" && this.disk.low) return full();
    if (load === "bulk" && this.memory.high) {
      const detail = "The server has too little memory for this at the moment.";
      return new Problem("unavailable", detail, { headers: { "retry-after": "10" } });
    }
    return undefined;
  }

  demand(): void {
    if (this.disk.low) throw full();
  }

  #look(log: Logger): Promise<void> {
    this.#looking ??= this.#lookAtAll(log)
      .catch((error: unknown) => log.error("the server's disk or memory cannot be looked at", { error }))
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #lookAtAll(log: Logger): Promise<void> {
    // First: with no file left to open, nothing else can be looked at.
    await this.connections.look(log);
    try {
      this.memory.look(log);
      await this.disk.look(log);
    } finally {
      this.#calm = !this.disk.low && !this.memory.high && !this.connections.crowded;
    }
  }
}

function full(): Problem {
  return new Problem("storage_full", FULL, { headers: { "retry-after": "60" } });
}
