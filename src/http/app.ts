/** The HTTP application: every route, and what holds for all of them. */
import { type AnyElysia, Elysia } from "elysia";

import { credentialRoutes } from "../accounts/credential-routes.ts";
import { accountRoutes } from "../accounts/routes.ts";
import { actionRoutes } from "../actions/routes.ts";
import { denialNotes } from "../audit/denials.ts";
import { auditRoutes } from "../audit/routes.ts";
import { AuditVerifications } from "../audit/verification.ts";
import { changeRoutes } from "../changes/routes.ts";
import { PublicationLog } from "../channels/log.ts";
import { publicationRoutes } from "../channels/routes.ts";
import { deliveryRoutes } from "../deliveries/routes.ts";
import { consoleRoutes } from "../console/routes.ts";
import { IdempotentRoutes } from "../idempotency/routes.ts";
import { exportRoutes } from "../exports/routes.ts";
import { importRoutes } from "../imports/routes.ts";
import type { Logger } from "../log.ts";
import { mailRoutes } from "../mail/routes.ts";
import { partyRoutes } from "../messages/party-routes.ts";
import { messageListRoutes } from "../messages/list-routes.ts";
import { messageRoutes } from "../messages/routes.ts";
import type { HttpCounts } from "../metrics/http.ts";
import { type MetricsRouteDependencies, metricsRoutes } from "../metrics/routes.ts";
import { authorizeRoutes } from "../oauth/authorize/routes.ts";
import { oauthRoutes } from "../oauth/routes.ts";
import { Resends } from "../operations/resend.ts";
import { operationRoutes } from "../operations/routes.ts";
import { organisationRoutes } from "../organisations/routes.ts";
import { overviewRoutes } from "../overview/routes.ts";
import { portalRoutes } from "../portal/routes.ts";
import { addRoutes } from "../publicapi/add/routes.ts";
import { Cors } from "../publicapi/cors.ts";
import { publicDocumentRoutes } from "../publicapi/document/routes.ts";
import { PUBLIC_PATH, publicErrorAnswer } from "../publicapi/errors.ts";
import { PublicOrganisations } from "../publicapi/organisations.ts";
import { PULL_PATH, PublicPull, pullRoutes } from "../publicapi/routes.ts";
import { publicPeopleRoutes } from "../publicapi/people/open.ts";
import { WaysIn } from "../publicapi/ways-in.ts";
import { receiverRoutes } from "../receivers/routes.ts";
import { recordRoutes } from "../records/routes.ts";
import { typeRoutes } from "../records/type-routes.ts";
import { scheduleRoutes } from "../schedules/routes.ts";
import type { Services } from "../services.ts";
import type { RequestTraces } from "../tracing/requests.ts";
import { BrowserLogins } from "../sessions/browser.ts";
import { sessionRoutes } from "../sessions/routes.ts";
import { systemRoutes } from "../system/routes.ts";
import { roleRoutes } from "../users/role-routes.ts";
import { setupRoutes } from "../users/setup-routes.ts";
import { userRoutes } from "../users/routes.ts";
import { authenticator } from "./authenticate.ts";
import { docsRoutes } from "./docs.ts";
import { dryRuns } from "./dry-run.ts";
import { errorAnswers, inShapeOf } from "./errors.ts";
import { healthRoutes } from "./health.ts";
import { meRoutes } from "./me.ts";
import { strictTransport, underBase } from "./door.ts";

export interface AppMetrics {
  http: HttpCounts;
  /** Where `/metrics` is on this address; undefined: it has one of its own. */
  route?: Pick<MetricsRouteDependencies, "text" | "allowed">;
}

export interface AppOptions {
  services: Services;
  log: Logger;
  /** Without a trailing slash. */
  publicUrl: string;
  stopping: AbortSignal;
  /** What counts requests, and tells of everything that was counted; undefined where nobody is to know. */
  metrics?: AppMetrics | undefined;
  /** Where traces are wanted. */
  traces?: RequestTraces | undefined;
  /** Tells the dispatcher that deliveries of a receiver are due. */
  nudge: (receiverId: string) => void;
}

export function createApp({ services, log, publicUrl, stopping, nudge, metrics, traces }: AppOptions) {
  const { config } = services;
  const { limits } = config.server;
  const { care } = services;
  const browsers = new BrowserLogins({ ...services, publicUrl });
  const anybody = authenticator({ ...services, browsers });
  const { rateLimits } = services;
  const limited = rateLimits.limit(anybody);
  const { authenticate, once } = new IdempotentRoutes({ ...services, authenticate: limited, limits });
  const resends = new Resends({ ...services, nudge });
  const auditVerifications = new AuditVerifications(services);
  const cors = new Cors();
  const publicOrganisations = new PublicOrganisations(services);
  const waysIn = new WaysIn({
    ...{ ...services, authenticate, publicOrganisations, rateLimits, cors, publicUrl },
  });
  const publications = new PublicationLog({
    ...services,
    nudge: (channel) => services.publishing.nudge(channel),
  });
  const shared = {
    ...{ ...services, authenticate, once, limits, publicUrl, stopping, nudge, resends, log },
    ...{ waysIn, publicOrganisations, browsers, auditVerifications },
  };
  const pull = new PublicPull(shared);

  const app = new Elysia({
    name: "koppla",
    // A route is composed at its first request: all of them would take 17 ms of every start.
    precompile: false,
    // Where it looks for the path begins: from its default on, it would not find that of `http://erp/`.
    handler: { standardHostname: config.server.tls !== null },
    // Unknown members are refused where a body is read, not dropped.
    normalize: false,
  });
  const { basePath, dryRunHeaders, hsts } = config.server;
  // First of all: whoever else wraps handlers looks at the path.
  if (basePath !== "") app.wrap(underBase(basePath));
  if (hsts !== null) app.wrap(strictTransport(hsts));
  if (dryRunHeaders.length > 0) app.wrap(dryRuns(dryRunHeaders));
  if (traces) {
    app.wrap(traces.wrap);
    app.mapResponse({ as: "global" }, ({ request, route }) => traces.routed(request, route));
  }
  const shapes = [{ prefix: PUBLIC_PATH, answer: publicErrorAnswer }];
  const refusal = inShapeOf(shapes);
  const answer = errorAnswers({ routes: app.routes }, log, denialNotes({ ...services, log }), shapes);
  const tell = log.level === "debug" ? requestLines(log) : undefined;
  app.onError({ as: "global" }, async ({ request, error, code }) => {
    const response = await answer(request, error, code);
    // What no route takes is not mapped.
    if (code === "NOT_FOUND") {
      cors.tell(request, response);
      tell?.(request, response);
      metrics?.http.end(request, response.status);
    }
    return response;
  });
  // What is kept ready is sent before anything is looked for: neither a route nor what follows one.
  app.onRequest(({ request }) => {
    const begun = performance.now();
    const refused = care.refuse(request);
    if (refused) {
      const response = refusal(request, refused);
      // What is refused before a route is looked for is not mapped.
      cors.tell(request, response);
      tell?.(request, response);
      metrics?.http.count(request.method, "refused", response.status, performance.now() - begun);
      return response;
    }
    const ready = pull.ready(request);
    if (!ready) {
      metrics?.http.begin(request, begun);
      return undefined;
    }
    tell?.(request, ready);
    metrics?.http.count(request.method, PULL_PATH, ready.status, performance.now() - begun);
    return ready;
  });
  // One hook for all: each is a call for every request.
  app.mapResponse({ as: "global" }, ({ request, responseValue, route }) => {
    if (!(responseValue instanceof Response)) return;
    cors.tell(request, responseValue);
    rateLimits.tell(request, responseValue);
    tell?.(request, responseValue);
    metrics?.http.end(request, responseValue.status, route);
  });
  if (metrics) {
    const { route } = metrics;
    const proxies = config.server.trustedProxies.length > 0;
    if (route) app.use(metricsRoutes({ ...services, ...route, proxies }));
  }
  // One by one: a chain of all of them is a type that the compiler gives up on.
  const rooms: AnyElysia[] = [
    healthRoutes(shared),
    docsRoutes(shared, () => app.routes),
    consoleRoutes(shared),
    meRoutes(shared),
    typeRoutes(shared),
    changeRoutes(shared),
    receiverRoutes(shared),
    deliveryRoutes(shared),
    publicationRoutes({ ...shared, publications }),
    overviewRoutes(shared),
    systemRoutes(shared),
    operationRoutes(shared),
    actionRoutes(shared),
    scheduleRoutes(shared),
    accountRoutes(shared),
    credentialRoutes(shared),
    organisationRoutes(shared),
    oauthRoutes({ ...shared, rateLimits }),
    authorizeRoutes(shared),
    auditRoutes(shared),
    userRoutes(shared),
    setupRoutes(shared),
    roleRoutes(shared),
    sessionRoutes(shared),
    portalRoutes(shared),
    mailRoutes(shared),
    messageListRoutes(shared),
    messageRoutes(shared),
    partyRoutes(shared),
    pullRoutes(pull, shared),
    addRoutes(shared),
    publicDocumentRoutes(shared),
    publicPeopleRoutes(services, waysIn, publicUrl),
    importRoutes(shared),
    exportRoutes(shared),
    recordRoutes(shared),
  ];
  for (const room of rooms) app.use(room);
  return app;
}

/**
 * A line for every request, told before it is answered: afterwards the answer has no headers any more, and a request
 * whose caller has gone no URL. Without the query, in which secrets may stand.
 */
function requestLines(log: Logger): (request: Request, response: Response) => void {
  return (request, response) => {
    log.debug("request", {
      request_id: response.headers.get("x-request-id"),
      method: request.method,
      path: new URL(request.url).pathname,
      status: response.status,
    });
  };
}
