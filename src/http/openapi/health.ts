/** `/healthz` and `/readyz`. */
import { problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { jsonAnswer, object } from "./spec.ts";

const ok = (description: string) =>
  jsonAnswer(description, object({ status: { type: "string", const: "ok" } }), { status: "ok" });

export const health: Resource = {
  tag: { name: "Health", description: "For monitoring and load balancers. No login." },
  schemas: {},
  operations: {
    getHealth: { responses: { "200": ok("The process is up.") } },
    getReadiness: { responses: { "200": ok("Requests can be served."), ...problems("unavailable") } },
  },
};
