/** The operations of the routes, gathered by @elysiajs/swagger from what each says of itself in `detail`. */
import { swagger } from "@elysiajs/swagger";
import { Elysia } from "elysia";

import type { Operation } from "./spec.ts";

/** A route of the application, as Elysia lists it. */
export interface DescribedRoute {
  method: string;
  path: string;
  hooks: { detail?: { hide?: boolean; operationId?: string } };
}

/** An operation in which much may be missing still. */
export type Collected = Partial<Operation>;

/**
 * The plugin makes a document of the routes of the instance that it belongs to and serves it beside a page that
 * loads its scripts from a CDN. So it gets an instance of its own, with the routes' descriptions and nothing behind.
 *
 * @throws Error for a route that neither is hidden nor has a name
 * @returns by path (`/api/v1/receivers/{id}`) and by method in lower case
 */
export async function collectOperations(
  routes: readonly DescribedRoute[],
): Promise<Record<string, Record<string, Collected>>> {
  const app = new Elysia();
  for (const { method, path, hooks } of routes) {
    const { detail } = hooks;
    if (detail?.hide) continue;
    // The plugin would make up a name, and nobody would notice that nothing is said of the route.
    if (!detail?.operationId) throw new Error(`the route ${method} ${path} has no operationId in its detail`);
    app.route(method, path, () => "", { detail });
  }
  app.use(swagger({ path: "/swagger", specPath: "/swagger/json", excludeStaticFile: false }));
  const answer = await app.handle(new Request("http://localhost/swagger/json"));
  const { paths }: { paths: Record<string, Record<string, Collected>> } = JSON.parse(await answer.text());
  return paths;
}
