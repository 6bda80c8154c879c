/** A span for each request, in the trace that its caller names. */
import type { Elysia } from "elysia";

import { inTrace, parseTraceparent } from "./context.ts";
import type { Tracing } from "./tracing.ts";

type Wrapper = Parameters<Elysia["wrap"]>[0];

/** What is asked again and again by machines that look whether all is well, and files. */
const UNTOLD = /^\/(?:healthz|readyz|metrics|console\/assets\/|docs\/assets\/|oauth\/assets\/)/;

export class RequestTraces {
  readonly #tracing: Tracing;
  /** The pattern of a request's route, such as `/api/v1/receivers/:id`. */
  readonly #routes = new WeakMap<Request, string>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** To be told where a request was found to go. */
  routed(request: Request, route: string): void {
    this.#routes.set(request, route);
  }

  /** What Elysia wraps its handlers in. Names as in OpenTelemetry's conventions for HTTP servers. */
  readonly wrap: Wrapper = (handler, request) => {
    const { pathname } = new URL(request.url);
    if (UNTOLD.test(pathname)) return handler;
    const handle = async (asked: Request): Promise<Response> => {
      const { method } = asked;
      const span = this.#tracing.begin(method, {
        kind: "server",
        parent: parseTraceparent(asked.headers.get("traceparent")),
        attributes: { "http.request.method": method, "url.path": pathname },
      });
      try {
        const response: unknown = await inTrace(span.context, () => handler(asked));
        if (!(response instanceof Response)) throw new Error("a handler gave no response");
        const route = this.#routes.get(asked);
        if (route !== undefined) span.rename(`${method} ${route}`);
        const { status } = response;
        span.end(
          { "http.response.status_code": status, ...(route !== undefined && { "http.route": route }) },
          status >= 500 ? `answered ${status}` : undefined,
        );
        return response;
      } catch (error) {
        span.end({}, "no answer");
        throw error;
      }
    };
    return handle;
  };
}
