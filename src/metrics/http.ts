/** Requests counted by route, method and status: the route's pattern, never its path, so that there is an end to them. */
import { Buckets } from "./buckets.ts";

/** Seconds. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

export interface RouteCounts {
  method: string;
  /** Such as `/api/v1/:type/:id`. */
  route: string;
  /** How many, by status. */
  byStatus: Map<number, number>;
  /** Until the answer began, seconds. */
  durations: Buckets;
}

/** What has no route: it may be any path. */
const NO_ROUTE = "none";

export class HttpCounts {
  readonly #byRoute = new Map<string, Map<string, RouteCounts>>();
  readonly #started = new WeakMap<Request, number>();

  /** @param at  as `performance.now()` tells it */
  begin(request: Request, at = performance.now()): void {
    this.#started.set(request, at);
  }

  /** @param route  undefined for what there is no route for */
  end(request: Request, status: number, route = NO_ROUTE): void {
    const started = this.#started.get(request);
    // Each is counted once, also where an error's answer comes through two hooks.
    if (started === undefined || !this.#started.delete(request)) return;
    this.count(request.method, route, status, performance.now() - started);
  }

  /** Counts one whose time is known already. @param ms  that it took */
  count(method: string, route: string, status: number, ms: number): void {
    const { byStatus, durations } = this.#of(method, route);
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
    durations.observe(ms / 1000);
  }

  *routes(): Generator<RouteCounts> {
    for (const methods of this.#byRoute.values()) yield* methods.values();
  }

  #of(method: string, route: string): RouteCounts {
    let methods = this.#byRoute.get(route);
    if (!methods) this.#byRoute.set(route, (methods = new Map<string, RouteCounts>()));
    let counts = methods.get(method);
    if (!counts) {
      counts = { method, route, byStatus: new Map<number, number>(), durations: new Buckets(DURATIONS) };
      methods.set(method, counts);
    }
    return counts;
  }
}
