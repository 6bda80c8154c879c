/**
 * Holds many connections to a server, from a process of its own that may have as many files open:
 * `bun crowd.ts HOST PORT COUNT KIND`. It says `open` when all have been opened, `closed N` when others were closed,
 * and ends when its standard input does.
 *
 * KIND: `silent` says nothing; `asked` has had one answer; `drip` says a header letter by letter and never ends it.
 */
import { readFileSync } from "node:fs";

import { LineLog } from "./lines.ts";

export type CrowdKind = "silent" | "asked" | "drip";

const DRIP_MS = 500;
/** Connections that are being opened at once: more overflow the queue of those that wait to be accepted. */
const AT_ONCE = 64;

/** Files that a process may have open, once it has raised its limit as far as it may: Bun does so. */
export const filesAllowed = Number(
  /^Max open files\s+\d+\s+(\d+)/m.exec(
    process.platform === "linux" ? readFileSync("/proc/self/limits", "utf8") : "",
  )?.[1] ?? 0,
);

export class Crowd {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #said = new LineLog();

  constructor(url: string, count: number, kind: CrowdKind) {
    const { hostname, port } = new URL(url);
    const command = [process.execPath, import.meta.path, hostname, port, String(count), kind];
    this.#child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    void this.#said.read(this.#child.stdout);
  }

  /** Resolves when all are open. */
  async opened(): Promise<void> {
    await this.#said.waitFor(({ text }) => text === "open", 30_000);
  }

  /** How many the server has closed. */
  get closed(): number {
    const counts = [...this.#said.text().matchAll(/^closed (\d+)$/gm)];
    return Number(counts.at(-1)?.[1] ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

async function hold(hostname: string, port: number, count: number, kind: CrowdKind): Promise<void> {
  let closed = 0;
  const sockets: Bun.Socket[] = [];
  const first = {
    silent: "",
    asked: "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    drip: "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
  }[kind];
  const open = async (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = await Bun.connect({
      hostname,
      port,
      socket: {
        data: () => resolve(),
        close: () => {
          closed++;
          resolve();
        },
        error: () => {},
      },
    });
    sockets.push(socket);
    if (first !== "") socket.write(first);
    if (kind === "asked") await promise;
  };
  for (let at = 0; at < count; at += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - at) }, open));
  console.log("open");
  let told = 0;
  setInterval(() => {
    if (kind === "drip") for (const socket of sockets) socket.write("a");
    if (closed !== told) console.log(`closed ${(told = closed)}`);
  }, DRIP_MS);
  for await (const _ of process.stdin);
  process.exit(0);
}

if (import.meta.main) {
  const [hostname = "", port = "", count = "", kind = "silent"] = process.argv.slice(2);
  await hold(hostname, Number(port), Number(count), kind as CrowdKind);
}
