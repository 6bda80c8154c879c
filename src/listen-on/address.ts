/** Where a server listens, as others are told and as this machine reaches it. */
import type { ListenAddress, TcpAddress } from "../config/types.ts";

/** `fetch` takes both: the URL, and the socket behind it where there is one. */
export interface Reachable {
  url: string;
  unix?: string;
}

/** How this machine reaches what listens there: every address is reached by the loopback one. */
export function reachable(listen: ListenAddress, tls: boolean, port?: number): Reachable {
  const scheme = tls ? "https" : "http";
  if ("unix" in listen) return { url: `${scheme}://localhost`, unix: listen.unix };
  return { url: `${scheme}://${inUrl(loopbackOf(listen))}:${port ?? listen.port}` };
}

/** The address to connect to. */
export function loopbackOf({ hostname }: Pick<TcpAddress, "hostname">): string {
  return { "0.0.0.0": "127.0.0.1", "::": "::1" }[hostname] ?? hostname;
}

function inUrl(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
