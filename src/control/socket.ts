/**
 * The local control socket: HTTP over a unix socket, by which commands on this machine speak to the running server.
 * Whoever may open it may do everything, so it is made with mode 0600 in the folder of the key file: who can read the
 * key could do everything anyway.
 */
import { existsSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Config } from "../config/types.ts";
import { isoTime } from "../http/query.ts";
import { problem } from "../http/respond.ts";
import type { Logger } from "../log.ts";
import { Problem } from "../problem.ts";
import { version } from "../version.ts";

export type ControlHandler = (request: Request) => Response | Promise<Response>;

/** What `GET /status` answers. */
export interface ControlStatus {
  pid: number;
  version: string;
  /** ISO 8601. */
  started_at: string;
  /** Its YAML file; null where it runs without one. */
  config: string | null;
}

const NAME = "koppla.sock";
/** Other programs that listen have no such file; Windows has none of these. */
const SUPPORTED = process.platform !== "win32";

/**
 * Where the socket may be, the best place first: beside the key file; where that folder cannot be written (a mounted
 * secret, systemd's credentials), beside the SQLite database.
 */
export function socketPaths({ secrets, database }: Pick<Config, "secrets" | "database">): string[] {
  const folders = [dirname(secrets.keyFile), ...(database.kind === "sqlite" ? [dirname(database.path)] : [])];
  return [...new Set(folders)].map((folder) => join(folder, NAME));
}

export class ControlSocket {
  readonly #handlers = new Map<string, ControlHandler>();
  readonly #log: Logger;
  #server: Bun.Server<undefined> | undefined;
  #path: string | null = null;

  private constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * Listens at the first of {@link socketPaths} where that can be done. Where it can nowhere, the server runs without
   * and says so: partners can do without `koppla reload`.
   * @param now  milliseconds since 1970
   */
  static async open(
    config: Pick<Config, "secrets" | "database" | "file">,
    { log, now }: { log: Logger; now: number },
  ): Promise<ControlSocket> {
    const socket = new ControlSocket(log);
    const status = { pid: process.pid, version, started_at: isoTime(now), config: config.file };
    socket.handle("GET", "/status", () => Response.json(status satisfies ControlStatus));
    if (!SUPPORTED) return socket;
    const reasons: string[] = [];
    for (const path of socketPaths(config)) {
      const reason = await socket.#listen(path);
      if (reason === undefined) return socket;
      reasons.push(`${path}: ${reason}`);
    }
    log.warn("no control socket: koppla reload and other commands do not reach this server", { reasons });
    return socket;
  }

  /** Where it listens; null where it does not. */
  get path(): string | null {
    return this.#path;
  }

  /** Answers `method path` by `handler`, from now on. What that throws is told as the API tells it. */
  handle(method: string, path: string, handler: ControlHandler): void {
    this.#handlers.set(`${method} ${path}`, handler);
  }

  async stop(): Promise<void> {
    // A stream that is being read (a log that is followed) does not hold up the end.
    await this.#server?.stop(true);
    if (this.#path !== null) removed(this.#path);
    this.#path = null;
  }

  /** @returns why it cannot listen there */
  async #listen(path: string): Promise<string | undefined> {
    if (existsSync(path)) {
      if (await answers(path)) return "another server listens there";
      // One that was killed has left it.
      removed(path);
    }
    // Never, not for a moment, is it there with rights for others.
    const mask = process.umask(0o177);
    try {
      this.#server = Bun.serve({
        unix: path,
        fetch: (request, server) => {
          // A backup or a log that is followed may be quiet for long.
          server.timeout(request, 0);
          return this.#answer(request);
        },
      });
      this.#path = path;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      process.umask(mask);
    }
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    try {
      const handler = this.#handlers.get(`${request.method} ${pathname}`);
      if (!handler) throw new Problem("not_found", `There is no ${request.method} ${pathname}.`);
      return await handler(request);
    } catch (error) {
      if (error instanceof Problem) return problem(request, error);
      this.#log.error("a control request failed", { path: pathname, error });
      return problem(request, new Problem("internal", "The server's log says what went wrong."));
    }
  }
}

/** Whether somebody answers at a socket. */
async function answers(path: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2_000);
    await fetch("http://koppla/status", { unix: path, signal });
    return true;
  } catch (error) {
    // Who listens and says nothing is somebody, too.
    return error instanceof Error && error.name === "TimeoutError";
  }
}

function removed(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already.
  }
}
