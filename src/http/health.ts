/** `/healthz`: the process answers. `/readyz`: the database can be written. Neither needs a login. */
import { Elysia } from "elysia";

import type { Logger } from "../log.ts";
import { Problem } from "../problem.ts";
import type { Store } from "../store/store.ts";
import { json } from "./respond.ts";

const OK = JSON.stringify({ status: "ok" });

export function healthRoutes(deps: { store: Store; stopping: AbortSignal; log: Logger }) {
  const detail = (operationId: string, summary: string) => ({
    detail: { tags: ["Health"], operationId, summary, security: [] },
  });
  return new Elysia({ name: "health" })
    .get("/healthz", ({ request }) => json(request, OK), detail("getHealth", "Whether the process is up"))
    .get(
      "/readyz",
      async ({ request }) => {
        if (deps.stopping.aborted) throw new Problem("unavailable", "The server is stopping.");
        try {
          await deps.store.ready();
        } catch (error) {
          deps.log.warn("not ready", { error });
          throw new Problem("unavailable", "The database cannot be written at the moment.");
        }
        return json(request, OK);
      },
      detail("getReadiness", "Whether requests can be served: the database is there, current and writable"),
    );
}
