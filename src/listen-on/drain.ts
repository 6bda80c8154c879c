/** Requests under way, waited for. */

const LOOK_MS = 10;

/**
 * Waits until every request under way has been answered, `ms` at most. `server.stop()` waits for idle connections too.
 */
export async function drained(server: { readonly pendingRequests: number }, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (server.pendingRequests > 0 && performance.now() < end) await Bun.sleep(LOOK_MS);
}
