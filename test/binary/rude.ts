/** A partner's endpoint that does not play by the rules: it is told, byte by byte, what to do with each connection. */
import { createServer, type Server, type Socket } from "node:net";

/** What to do when the nth request (from 1) has come, head and body. */
export type Rudeness = (socket: Socket, call: number, request: string) => void;

export class RudeReceiver {
  /** Requests as they came, head and body. */
  readonly requests: string[] = [];
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param options.accept  what to do with a connection before it has said anything; returns false to end it */
  static async start(
    rudeness: Rudeness,
    { accept = () => true }: { accept?: (socket: Socket, connection: number) => boolean } = {},
  ): Promise<RudeReceiver> {
    const server = createServer();
    const receiver = new RudeReceiver(server);
    server.on("connection", (socket) => {
      receiver.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => receiver.#sockets.delete(socket));
      if (!accept(socket, ++receiver.connections)) return;
      let text = "";
      socket.on("data", (bytes) => {
        text += bytes.toString("latin1");
        const end = text.indexOf("\r\n\r\n");
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
        if (end < 0 || text.length < end + 4 + length) return;
        receiver.requests.push(text);
        const request = text;
        text = "";
        rudeness(socket, receiver.requests.length, request);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  url(path = "/hook"): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("it does not listen");
    return `http://127.0.0.1:${address.port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The head of an answer. */
export const head = (status: string, ...lines: string[]): string =>
  `HTTP/1.1 ${[status, ...lines].join("\r\n")}\r\n\r\n`;
export const NO_CONTENT = head("204 No Content");
