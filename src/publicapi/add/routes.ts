/** `/api/public/{type}/add/`: records from partners' forms and programs. */
import { Elysia } from "elysia";

import { Forbidden, type Principal } from "../../accounts/principal.ts";
import type { Config } from "../../config/types.ts";
import { UnknownRoute } from "../../http/errors.ts";
import type { BodyLimits } from "../../http/json.ts";
import { json } from "../../http/respond.ts";
import { onceFor } from "../../idempotency/routes.ts";
import type { Idempotency } from "../../idempotency/service.ts";
import { Problem } from "../../problem.ts";
import type { AddResult } from "../../records/add.ts";
import type { RecordService } from "../../records/service.ts";
import type { TypeRegistry } from "../../records/types.ts";
import { type PublicError, publicErrorsOf } from "../errors.ts";
import { readParameters } from "../parameters.ts";
import { loginNeeded } from "../pull.ts";
import type { PublicCaller, WaysIn } from "../ways-in.ts";
import { ifOldDataExists, sentItems } from "./items.ts";

export interface AddDependencies {
  waysIn: WaysIn;
  types: TypeRegistry;
  records: RecordService;
  limits: BodyLimits;
  idempotency: Idempotency;
  config: Pick<Config, "publicApi">;
}

export function addRoutes({ waysIn, types, records, limits, idempotency, config }: AddDependencies) {
  const add = async (request: Request, typeName: string): Promise<Response> => {
    // Elysia answers it where there is a GET.
    if (request.method === "HEAD") throw new Problem("method_not_allowed", "HEAD adds nothing.");
    const parameters = await readParameters(request, limits);
    const caller = await waysIn.admit(request, parameters);
    const principal = demandLogin(request, caller);
    const type = types.find(typeName);
    if (!type) throw new UnknownRoute(`There is no type ${typeName.slice(0, 100)}.`);
    // Before anything is said of what was sent.
    records.demandWrite(principal, type);
    const ifExists = ifOldDataExists(parameters);
    const { items, lines } = await sentItems(type, parameters);
    const said = () => JSON.stringify([items, ifExists]);
    return await onceFor(idempotency, { request, principal, said }, async () => {
      const results = await records.add(principal, type, items, ifExists);
      const refused = results.length > 0 && results.every(({ status }) => status === "rejected");
      const body = {
        add: results.map((result, index) => shown(result, lines?.[index])),
        ...(caller.warnings.length > 0 && { warnings: caller.warnings }),
      };
      return json(request, JSON.stringify(body), refused ? 400 : 200, { "cache-control": "no-store" });
    });
  };

  // `/api/public/openapi.yml` describes it for each type.
  const detail = { hide: true };
  const routes = new Elysia({ name: "public-add" }).post(
    "/api/public/:type/add/",
    ({ request, params }) => add(request, params.type),
    { detail },
  );
  if (config.publicApi.pushByGet)
    routes.get("/api/public/:type/add/", ({ request, params }) => add(request, params.type), { detail });
  return routes;
}

/** Any page can make a browser ask by GET, and it sends its login along: that is no login to change something by. */
function demandLogin(request: Request, { principal }: PublicCaller): Principal {
  if (!principal) throw loginNeeded("To add records one has to log in.");
  if (request.method === "GET" && principal.subject.kind === "user" && !principal.client)
    throw new Forbidden(principal, "*", "write", "A browser's login cannot add by GET: use POST.");
  return principal;
}

interface Shown {
  id: AddResult["id"];
  status: AddResult["status"];
  errors: PublicError[];
  /** Of a CSV file, where what was rejected begins. */
  line?: number;
}

function shown({ id, status, violations }: AddResult, line: number | undefined): Shown {
  const errors = violations.length === 0 ? [] : publicErrorsOf(new Problem("invalid", "", { violations }));
  return { id, status, errors, ...(status === "rejected" && line !== undefined && { line }) };
}
