/** Client connections of the load generator: raw sockets cost about half of what `fetch` costs per request. */
import type { Socket } from "bun";

import type { Job } from "./jobs.ts";
import { MessageReader, Outbox, statusCode } from "./wire.ts";
import { type Numbers, RequestBuffer } from "./template.ts";

type Load = Exclude<Job, { kind: "listen" }>;

/** One kept-alive connection with at most one request in flight. */
export class Connection {
  /** When the request in flight was written (`performance.now()`), and its id. */
  sentAt = 0;
  id = 0;
  readonly #outbox = new Outbox();
  readonly #request: RequestBuffer;
  #socket: Socket | undefined;

  private constructor(readonly load: Load) {
    this.#request = new RequestBuffer(load.request, load.port);
  }

  static async open(
    load: Load,
    onAnswer: (connection: Connection) => void,
    onError: (error: Error) => void,
  ): Promise<Connection> {
    const connection = new Connection(load);
    const reader = new MessageReader((bytes, start, body, end) => {
      if (statusCode(bytes, start) !== load.status)
        throw new Error(
          `expected status ${load.status}, got ${bytes.toString("latin1", start, body)}${bytes.toString("utf8", body, Math.min(end, body + 500))}`,
        );
      onAnswer(connection);
    });
    let ended = false;
    connection.#close = () => {
      ended = true;
      connection.#socket?.end();
    };
    connection.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: load.port,
      socket: {
        data(_socket, chunk) {
          try {
            reader.push(chunk);
          } catch (error) {
            onError(error instanceof Error ? error : new Error(String(error)));
          }
        },
        drain: (socket) => connection.#outbox.drain(socket),
        close() {
          if (!ended) onError(new Error("the server closed a connection"));
        },
        error: (_socket, error) => onError(error),
      },
    });
    return connection;
  }

  #close = () => {};

  send(numbers: Numbers): void {
    this.id = this.#request.fill(numbers);
    this.sentAt = performance.now();
    if (this.#socket) this.#outbox.send(this.#socket, this.#request.bytes);
  }

  close(): void {
    this.#close();
  }
}

/** A server that answers nothing for so long, in ms, has lost a request; waiting on would never end. */
const SILENCE = 30_000;

/** Opens all of a load's connections, runs `work` and closes them; the first error of any ends it. */
export async function withConnections<T>(
  load: Load,
  work: (
    connections: Connection[],
    onAnswer: (handler: (connection: Connection) => void) => void,
  ) => Promise<T>,
): Promise<T> {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  let handler: (connection: Connection) => void = () => {};
  const connections: Connection[] = [];
  let answeredAt = performance.now();
  const onAnswer = (connection: Connection) => {
    answeredAt = performance.now();
    handler(connection);
  };
  const watchdog = setInterval(() => {
    if (performance.now() - answeredAt > SILENCE) failed.reject(new Error("the server stopped answering"));
  }, 1_000);
  try {
    for (let i = 0; i < load.connections; i++)
      connections.push(await Connection.open(load, onAnswer, failed.reject));
    return await Promise.race([failed.promise, work(connections, (given) => (handler = given))]);
  } finally {
    clearInterval(watchdog);
    for (const connection of connections) connection.close();
  }
}
