/** The OpenAPI document: what the routes say of themselves, what is known of their answers, and the YAML's types. */
import type { Config } from "../../config/types.ts";
import { recordPath } from "../../records/representation.ts";
import { encodeId } from "../../records/key.ts";
import type { RecordType } from "../../records/types.ts";
import { actions, schedules } from "./actions.ts";
import { accounts } from "./accounts.ts";
import { completeHeaders } from "./answer-headers.ts";
import { audit } from "./audit.ts";
import { changes } from "./changes.ts";
import { type Collected, collectOperations, type DescribedRoute } from "./collect.ts";
import { deliveries } from "./deliveries.ts";
import { documentation } from "./documentation.ts";
import { health } from "./health.ts";
import { mails } from "./mails.ts";
import { messages } from "./messages.ts";
import { describeDryRuns } from "./dry-run.ts";
import { describeIdempotency } from "./idempotency.ts";
import { Names } from "./names.ts";
import { oauth } from "./oauth.ts";
import { operations } from "./operations.ts";
import { organisations } from "./organisations.ts";
import { overview } from "./overview.ts";
import { loginProblems, problemResponses, problemSchemas, requestProblems } from "./problems.ts";
import { portal } from "./portal.ts";
import { publications } from "./publications.ts";
import { receivers } from "./receivers.ts";
import { sampleIds } from "./record-examples.ts";
import { recordSchemas, typePart } from "./records.ts";
import type { Resource, Vocabulary } from "./resource.ts";
import { sessions } from "./sessions.ts";
import { headers, info, parameters, security, securitySchemes } from "./shared.ts";
import type { OpenApiDocument, Operation, PathItem, Schema } from "./spec.ts";
import { system } from "./system.ts";
import { types as typeList } from "./types.ts";
import { users } from "./users.ts";
import { webhooks, webhookSchemas } from "./webhooks.ts";

export interface DocumentSource {
  /** The application's. */
  routes: readonly DescribedRoute[];
  types: readonly RecordType[];
  topics: readonly string[];
  webhooks: Pick<Config["webhooks"], "retrySchedules">;
  /** The first is the one to tell of. */
  dryRunHeaders: readonly string[];
  /** Without a trailing slash. */
  publicUrl: string;
}

/** 3.1 is the first whose schemas are the JSON Schema (draft 2020-12) that types are written in. */
const OPENAPI = "3.1.1";

/** @returns the document, ready to be written as JSON or YAML */
export async function createDocument(source: DocumentSource): Promise<OpenApiDocument> {
  const vocabulary = vocabularyOf(source);
  const resources = [
    typeList,
    changes(vocabulary),
    receivers(vocabulary),
    deliveries(vocabulary),
    publications,
    overview,
    operations,
    actions,
    schedules,
    messages,
    audit,
    accounts,
    organisations,
    system,
    users,
    sessions,
    portal,
    mails,
    oauth(vocabulary),
    health,
    documentation,
  ];
  const fixed = fixedPaths(await collectOperations(source.routes), resources);
  const schemas: Record<string, Schema> = {
    ...recordSchemas,
    ...Object.assign({}, ...resources.map((resource) => resource.schemas)),
    ...webhookSchemas(vocabulary),
    ...problemSchemas,
  };
  const hooks = webhooks(vocabulary);
  const names = new Names([
    ...Object.keys(schemas),
    ...[fixed, hooks].flatMap((paths) =>
      Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId)),
    ),
  ]);
  const types = [];
  for (const type of source.types) types.push(await typePart(type, names));

  // Much of it are constants, which stay as they are.
  const document: OpenApiDocument = structuredClone({
    openapi: OPENAPI,
    info,
    servers: [{ url: source.publicUrl }],
    security,
    tags: [
      ...types.map(({ tag }) => tag),
      ...resources.map(({ tag }) => tag),
      { name: "Webhooks", description: "What receivers are sent." },
    ],
    paths: { ...Object.assign({}, ...types.map(({ paths }) => paths)), ...fixed },
    webhooks: hooks,
    components: {
      securitySchemes,
      schemas: { ...Object.assign({}, ...types.map((part) => part.schemas)), ...schemas },
      responses: problemResponses(),
      headers,
      parameters,
    },
  });
  Object.assign(document.components.parameters, describeDryRuns(document.paths, source.dryRunHeaders[0]));
  describeIdempotency(document.paths, new Set(source.types.map(({ name }) => `/api/v1/${name}`)));
  for (const item of Object.values(document.paths))
    for (const operation of Object.values(item)) finish(operation);
  prune(document);
  return document;
}

function vocabularyOf({
  types,
  topics,
  webhooks: { retrySchedules },
  publicUrl,
}: DocumentSource): Vocabulary {
  const objects = types.map((type) => {
    const id = sampleIds[type.key];
    return { object: type.object, id, path: recordPath(type, encodeId(type.key, id)) };
  });
  return { topics, objects, schedules: Object.keys(retrySchedules), publicUrl };
}

/** The routes' own descriptions, completed with those of their resource. */
function fixedPaths(
  collected: Record<string, Record<string, Collected>>,
  resources: readonly Resource[],
): Record<string, PathItem> {
  const known = new Map(resources.flatMap(({ operations }) => Object.entries(operations)));
  return Object.fromEntries(
    Object.entries(collected).map(([path, methods]) => [
      path,
      Object.fromEntries(Object.entries(methods).map(([method, own]) => [method, complete(own, known)])),
    ]),
  );
}

function complete(own: Collected, known: ReadonlyMap<string, Resource["operations"][string]>): Operation {
  const { operationId = "", tags = [], summary = "" } = own;
  const { parameters = [], responses, ...more } = known.get(operationId) ?? { responses: {} };
  // The plugin says of a route that says nothing of its answers: { 200: {} }.
  const told = Object.entries(own.responses ?? {}).filter(([, answer]) => Object.keys(answer).length > 0);
  const all = { ...responses, ...Object.fromEntries(told) };
  return {
    ...more,
    ...own,
    operationId,
    tags,
    summary,
    // The plugin knows the path's parameters, by name only.
    parameters: [
      ...(own.parameters ?? []).filter(
        (mine) =>
          !("name" in mine) || !parameters.some((other) => "name" in other && other.name === mine.name),
      ),
      ...parameters,
    ],
    responses: Object.keys(all).length > 0 ? all : { "200": { description: "It is done." } },
  };
}

/** Adds what holds for every operation. */
function finish(operation: Operation): void {
  completeHeaders(operation);
  const login = operation.security?.length === 0 ? {} : loginProblems();
  const always = { ...requestProblems(), ...login };
  operation.responses = Object.fromEntries(
    Object.entries({ ...always, ...operation.responses }).sort(([a], [b]) => a.localeCompare(b)),
  );
  if (operation.parameters?.length === 0) delete operation.parameters;
}

/** Takes out components that nothing refers to. */
export function prune(document: OpenApiDocument): void {
  const { securitySchemes: _, ...kinds } = document.components;
  for (let before = -1, count = 0; before !== count;) {
    before = count;
    const text = JSON.stringify(document);
    const used = new Set(
      [...text.matchAll(/"#\/components\/(\w+)\/([^"/]+)/g)].map(([, kind, name]) => `${kind}/${name}`),
    );
    for (const [kind, components] of Object.entries(kinds))
      for (const name of Object.keys(components)) {
        if (used.has(`${kind}/${name}`)) continue;
        delete (components as Record<string, unknown>)[name];
        count++;
      }
  }
}
