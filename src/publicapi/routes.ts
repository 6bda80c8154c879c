/** `/api/public/{type}/`: records for partners' pages and programs. */
import { Elysia } from "elysia";

import { Forbidden } from "../accounts/principal.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Config } from "../config/types.ts";
import { type View, viewOf } from "../grants/view.ts";
import { UnknownRoute } from "../http/errors.ts";
import type { BodyLimits } from "../http/json.ts";
import { Problem } from "../problem.ts";
import type { RecordType, TypeRegistry } from "../records/types.ts";
import type { Store } from "../store/store.ts";
import { type Body, bodyOf, privateAnswer, publicAnswer } from "./answer.ts";
import { PublicCache } from "./cache.ts";
import { preflight } from "./cors.ts";
import { PUBLIC_PATH } from "./errors.ts";
import { findDeleted, findRecords } from "./found.ts";
import type { PublicOrganisations } from "./organisations.ts";
import { readParameters, readQuery } from "./parameters.ts";
import { loginNeeded, parsePull, type Pull } from "./pull.ts";
import type { PublicCaller, WaysIn } from "./ways-in.ts";

export interface PullDependencies {
  store: Store;
  feed: ChangeFeed;
  types: TypeRegistry;
  waysIn: WaysIn;
  publicOrganisations: PublicOrganisations;
  limits: BodyLimits;
  config: Pick<Config, "publicApi">;
  /** Without a trailing slash. */
  publicUrl: string;
}

/** Who asks for what of which records. */
interface Asked {
  caller: PublicCaller;
  type: RecordType;
  view: View;
  pull: Pull;
}

/** As the routes have it. */
export const PULL_PATH = "/api/public/:type/";

export class PublicPull {
  readonly #with: PullDependencies;
  readonly #cache: PublicCache;
  readonly #maxAge: number;
  readonly #host: string;

  constructor(dependencies: PullDependencies) {
    this.#with = dependencies;
    const { publicApi } = dependencies.config;
    this.#cache = new PublicCache({ ...dependencies, maxBytes: publicApi.cacheSize });
    this.#maxAge = Math.floor(publicApi.maxAge / 1000);
    this.#host = new URL(dependencies.publicUrl).hostname;
  }

  /**
   * The answer to a request that can be given at once, from what is kept ready; undefined for every other request.
   * Asked before routing: what is sent again from memory costs little more than to send it.
   */
  ready(request: Request): Response | undefined {
    if (request.method !== "GET") return undefined;
    const name = nameOf(request.url);
    if (name === undefined) return undefined;
    const kept = this.#cache.ready(name);
    if (!kept || !this.#with.waysIn.isWithoutLogin(request)) return undefined;
    const origin = request.headers.get("origin");
    if (origin === null) return publicAnswer(request, kept, this.#shown(undefined));
    const found = this.#with.publicOrganisations.find(kept.code);
    if (found === undefined || found instanceof Promise) return undefined;
    const allowed = found.sites.has(origin) ? origin : undefined;
    return publicAnswer(request, kept, this.#shown(allowed));
  }

  #shown(origin: string | undefined) {
    return { maxAge: this.#maxAge, origin };
  }

  /** @throws Problem for everything that is wrong with the request */
  async answer(request: Request, typeName: string): Promise<Response> {
    const { types, waysIn, limits, config } = this.#with;
    const parameters = await readParameters(request, limits);
    const caller = await waysIn.admit(request, parameters);
    const type = types.find(typeName);
    if (!type) throw new UnknownRoute(`There is no type ${typeName.slice(0, 100)}.`);
    const view = viewOf(caller.grants, type, "read");
    if (!view) throw unseen(caller, type);
    if (Array.isArray(parameters.body) || parameters.files.length > 0)
      throw new Problem("malformed", `To add records, send them to ${PUBLIC_PATH}${type.name}/add/.`);
    const pull = parsePull(parameters, { type, view, caller }, config.publicApi);
    const asked = { caller, type, view, pull };
    const name = nameOf(request.url);
    const isGet = request.method === "GET" || request.method === "HEAD";
    if (caller.principal || !isGet || name === undefined)
      return privateAnswer(request, await this.#make(asked));
    const { id: organisationId, code } = caller.organisation;
    const kept = await this.#cache.get(name, { organisationId, type }, async () => {
      const { text, headers } = await this.#make(asked);
      return { organisationId, code, type, headers, bytes: new TextEncoder().encode(text) };
    });
    // The page's right to read it is told with that of errors.
    return publicAnswer(request, kept, this.#shown(undefined));
  }

  async #make({ caller, type, view, pull }: Asked): Promise<Body> {
    const { store, config } = this.#with;
    const { modifiedSince: since, deleted: asked } = pull;
    const limit = config.publicApi.maxRows;
    const [found, deleted] = await Promise.all([
      findRecords(store, { caller, type, view }, pull),
      asked && since !== undefined
        ? findDeleted(this.#with, { caller, type }, { since, after: asked.after, limit })
        : undefined,
    ]);
    const answer = { type, pull, found, deleted, limits: config.publicApi, warnings: caller.warnings };
    return await bodyOf(answer, view, { host: this.#host, organisation: caller.organisation.code });
  }
}

/** Path and query of a URL, where it is one of ours. */
function nameOf(url: string): string | undefined {
  // The host begins after `http://` or `https://`.
  const path = url.indexOf("/", 8);
  return path !== -1 && url.startsWith(PUBLIC_PATH, path) ? url.slice(path) : undefined;
}

function unseen({ principal }: PublicCaller, type: RecordType): Problem {
  if (principal) return new Forbidden(principal, type.name, "read");
  return loginNeeded(`To see ${type.name} one has to log in.`);
}

export function pullRoutes(
  pull: PublicPull,
  { publicOrganisations }: Pick<PullDependencies, "publicOrganisations">,
) {
  // The OpenAPI documents describe these themselves: `/api/public/openapi.yml` for each type.
  const detail = { hide: true };
  const before = async ({ request }: { request: Request }) =>
    await preflight(request, publicOrganisations, readQuery(request.url).get("org"));
  return new Elysia({ name: "public-pull" })
    .get(PULL_PATH, ({ request, params }) => pull.answer(request, params.type), { detail })
    .post(PULL_PATH, ({ request, params }) => pull.answer(request, params.type), { detail })
    .options(PULL_PATH, before, { detail })
    .options(`${PULL_PATH}add/`, before, { detail });
}
