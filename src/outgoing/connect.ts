/** Whether a connection comes about, and in time: what `fetch` cannot be asked. */
import { connect } from "node:net";

import type { Target } from "./guard.ts";

/** Nobody said no, but no connection came about either. */
export class ConnectTimeout extends Error {
  override readonly name = "ConnectTimeout";
  constructor(ms: number) {
    super(`no connection within ${ms / 1000} s`);
  }
}

/**
 * Connects to a vetted address and lets go again.
 * @param timeout  milliseconds
 * @throws ConnectTimeout, or what the system says (ECONNREFUSED, ...)
 */
export async function reach(
  { url, address }: Pick<Target, "url" | "address">,
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const { protocol, port } = new URL(url);
  const socket = connect({ host: address, port: Number(port) || (protocol === "https:" ? 443 : 80) });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const end = () => reject(new Error("aborted"));
  const timer = setTimeout(() => reject(new ConnectTimeout(timeout)), timeout);
  signal.addEventListener("abort", end, { once: true });
  socket.once("connect", resolve).once("error", reject);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    socket.destroy();
  }
}
