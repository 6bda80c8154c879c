/**
 * Listeners on one port, of which the last takes what is new. Bun cannot give a listener another certificate, so a new
 * one is begun beside it (SO_REUSEPORT) and every new connection sent there; the old one serves the connections that it
 * has, asks each to end with its next answer, and is closed when they have.
 */
import { drained } from "./drain.ts";
import { steerTo } from "./steer.ts";

export type Server = Bun.Server<unknown>;

/** How long a connection without a request stays open, seconds; those of a listener that was replaced are gone then. */
export const IDLE_SECONDS = 30;
/** What was accepted before the change has begun to speak by then, ms. */
const GRACE_MS = (IDLE_SECONDS + 5) * 1_000;

export interface Replacement {
  port: number;
  /** Answers a request that came to a listener which was replaced. */
  fetch: (request: Request) => Response | Promise<Response>;
}

export class Listeners {
  /** In the order in which the system knows them. */
  readonly #servers: Server[] = [];
  readonly #ending = new Map<Server, AbortController>();
  #newest: Server | undefined;

  get newest(): Server {
    if (!this.#newest) throw new Error("nothing listens yet");
    return this.#newest;
  }

  get pendingRequests(): number {
    return this.#servers.reduce((sum, { pendingRequests }) => sum + pendingRequests, 0);
  }

  closeIdle(): number {
    return this.#servers.reduce((sum, server) => sum + server.closeIdleConnections(), 0);
  }

  add(server: Server): void {
    this.#servers.push(server);
    this.#newest = server;
  }

  /** Adds one on the same port, which takes all that is new from now on. The others end when nobody needs them. */
  replace(server: Server, { port, fetch }: Replacement): void {
    const before = this.#newest;
    this.add(server);
    steerTo(port, this.#servers.indexOf(server));
    if (!before) return;
    before.reload({
      routes: {},
      fetch: async (request) => {
        const response = await fetch(request);
        response.headers.set("connection", "close");
        return response;
      },
    });
    const abort = new AbortController();
    this.#ending.set(before, abort);
    void this.#end(before, port, abort.signal);
  }

  async #end(server: Server, port: number, signal: AbortSignal): Promise<void> {
    await pause(GRACE_MS, signal);
    // Streams last as long as whoever reads them.
    while (!signal.aborted && server.pendingRequests > 0) await pause(1_000, signal);
    if (signal.aborted) return;
    this.#ending.delete(server);
    void server.stop();
    this.#forget(server);
    if (this.#newest) steerTo(port, this.#servers.indexOf(this.#newest));
  }

  /** As the system does it: the last one takes the place of the one that goes. */
  #forget(server: Server): void {
    const at = this.#servers.indexOf(server);
    const last = this.#servers.pop();
    if (last && last !== server) this.#servers[at] = last;
  }

  /** From now on nothing but `fetch` answers, and nothing new is accepted. */
  refuse(fetch: (request: Request) => Response): void {
    for (const abort of this.#ending.values()) abort.abort();
    this.#ending.clear();
    for (const server of this.#servers) {
      server.reload({ fetch, routes: {} });
      void server.stop();
    }
  }

  /** Resolves when every request under way has been answered, at the latest after `ms`. */
  async drained(ms: number): Promise<void> {
    await Promise.all(this.#servers.map((server) => drained(server, ms)));
  }

  /** Cuts off what is left. */
  async close(): Promise<void> {
    for (const abort of this.#ending.values()) abort.abort();
    await Promise.all(this.#servers.map((server) => server.stop(true)));
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    // A server that has stopped does not stay for it.
    timer.unref();
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
