/** Ports that nobody listens on. */

/** So many ports beyond the wanted one are tried. */
const TRIES = 100;

/**
 * A port of `hostname` that is free now: the wanted one, else the next that is.
 *
 * @param wanted  0: any
 * @throws Error with code EADDRINUSE when none is free, EADDRNOTAVAIL or EACCES when it is not ours to use
 */
export function freePort(hostname: string, wanted: number): number {
  for (let port = wanted; ; port++) {
    try {
      const socket = Bun.listen({ hostname, port, exclusive: true, socket: { data() {} } });
      const found = socket.port;
      socket.stop(true);
      return found;
    } catch (error) {
      const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!taken || port >= wanted + TRIES || port >= 65_535) throw error;
    }
  }
}
