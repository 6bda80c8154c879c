/** `GET /metrics`: for Prometheus, and for nobody who may not ask. */
import { Elysia } from "elysia";

import { ClientAddresses } from "../http/client-address.ts";
import type { Networks } from "../http/networks.ts";
import { problem, requestId } from "../http/respond.ts";
import { Problem } from "../problem.ts";

export interface MetricsRouteDependencies {
  /** The text of all metrics, and its type. */
  text: () => Promise<{ body: string; type: string }>;
  allowed: Networks;
  addresses: ClientAddresses;
  /** Whether `addresses` knows of proxies. */
  proxies: boolean;
}

/**
 * Answers to whoever may ask; to anybody else there is nothing here.
 *
 * A proxy on this machine that `server.trusted_proxies` does not name would make every caller look like this machine.
 * Proxies say that they are one; Prometheus says no such thing.
 */
async function answer(request: Request, deps: MetricsRouteDependencies): Promise<Response> {
  const { headers } = request;
  const disguised = !deps.proxies && (headers.has("x-forwarded-for") || headers.has("forwarded"));
  if (disguised || !deps.allowed.contains(deps.addresses.of(request))) {
    throw new Problem("not_found", "There is nothing at this path.");
  }
  const { body, type } = await deps.text();
  return new Response(body, {
    headers: { "content-type": type, "cache-control": "no-store", "x-request-id": requestId(request) },
  });
}

/** On the server's own address. */
export function metricsRoutes(deps: MetricsRouteDependencies) {
  return new Elysia({ name: "metrics" }).get("/metrics", ({ request }) => answer(request, deps), {
    detail: { hide: true },
  });
}

/** On an address of its own. @returns what ends it */
export function listenForMetrics(
  { hostname, port }: { hostname: string; port: number },
  deps: Pick<MetricsRouteDependencies, "text" | "allowed">,
): { url: string; stop(): Promise<void> } {
  const addresses = new ClientAddresses([]);
  const server = Bun.serve({
    hostname,
    port,
    reusePort: false,
    development: false,
    fetch: async (request) => {
      try {
        const { pathname } = new URL(request.url);
        if (request.method === "GET" && pathname === "/metrics") {
          return await answer(request, { ...deps, addresses, proxies: false });
        }
        throw new Problem("not_found", "There is nothing at this path.");
      } catch (error) {
        const known =
          error instanceof Problem ? error : new Problem("internal", "Something went wrong here.");
        return problem(request, known);
      }
    },
  });
  addresses.bind(server);
  return { url: `http://${server.hostname}:${server.port}/metrics`, stop: () => server.stop(true) };
}
