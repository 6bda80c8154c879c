/** Plain HTTP, where all that is said is where HTTPS is: `server.http_redirect`. */
import type { TcpAddress } from "../config/types.ts";

export interface RedirectListener {
  url: string;
  stop(): Promise<void>;
}

/** Seconds that a connection may be silent. */
const IDLE_SECONDS = 10;

/**
 * The status is 308: method and body stay (RFC 9110, 15.4.9). The host is that of `publicUrl`, never one that the
 * request names.
 * @param publicUrl  where to; a path of its own is not put in front of one that has it already
 */
export function listenForRedirect(address: TcpAddress, publicUrl: string): RedirectListener {
  const { origin } = new URL(publicUrl);
  const server = Bun.serve({
    ...address,
    reusePort: false,
    idleTimeout: IDLE_SECONDS,
    development: false,
    // Nobody reads it.
    maxRequestBodySize: 1_024,
    fetch: ({ url }) => {
      const path = url.indexOf("/", 8);
      const location = origin + (path === -1 ? "/" : url.slice(path));
      return new Response(null, { status: 308, headers: { location, connection: "close" } });
    },
    error: () => new Response(null, { status: 400 }),
  });
  return {
    url: `http://${server.hostname}:${server.port}`,
    stop: () => server.stop(true),
  };
}
