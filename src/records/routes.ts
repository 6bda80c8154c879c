/** `/api/v1/{type}` and `/api/v1/{type}/{id}`. */
import { Elysia } from "elysia";

import { Forbidden, type Principal } from "../accounts/principal.ts";
import { shows, type View } from "../grants/view.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { UnknownRoute } from "../http/errors.ts";
import { type BodyLimits, isObject, readJson, readObject } from "../http/json.ts";
import { pageHeaders } from "../http/links.ts";
import { decodeCursor, encodeCursor } from "../http/paging.ts";
import { DEFAULT_LIMIT, instant, limit, MAX_LIMIT, oneOf, parseQuery, string } from "../http/query.ts";
import { NOT_SHARED, empty, json, requestId } from "../http/respond.ts";
import { type KeptAnswer, promised } from "../idempotency/claim.ts";
import { given, type Once } from "../idempotency/routes.ts";
import { invalid, Problem } from "../problem.ts";
import type { Store } from "../store/store.ts";
import { encodeIdText } from "./key.ts";
import { clausesOf } from "./condition.ts";
import { listRecords, type ListQuery, type ListRow, MAX_FILTERS, type Order } from "./list.ts";
import { demandView } from "./rights.ts";
import { etag, notModified, precondition, recordJson, recordPath } from "./representation.ts";
import { searchPage } from "./search-page.ts";
import { notFound, type JsonObject, type PushResult, type RecordService, type Written } from "./service.ts";
import { fieldsOf, recordStream, streamFormat } from "./stream.ts";
import type { RecordType, TypeRegistry } from "./types.ts";

/** A list push may hold this many records. */
export const MAX_PUSH = 10_000;

const PUSH_QUERY = { on_error: oneOf("stop", "skip") };

export interface RecordRouteDependencies {
  store: Store;
  records: RecordService;
  types: TypeRegistry;
  authenticate: Authenticate;
  limits: BodyLimits;
  publicUrl: string;
  once: Once;
}

export function recordRoutes(deps: RecordRouteDependencies) {
  const { records, types, authenticate, once, limits } = deps;

  /** The principal and type of a request; an unknown type is told after the login, a missing grant before both. */
  const enter = async (
    request: Request,
    name: string,
    action: "read" | "write" | "delete",
  ): Promise<{ principal: Principal; type: RecordType; view: View }> => {
    const principal = await authenticate(request);
    const type = types.find(name);
    if (!type) throw new UnknownRoute(`There is no type ${name.slice(0, 100)}.`);
    return { principal, type, view: demandView(principal, type, action) };
  };

  const answerOf = (type: RecordType, result: Written): KeptAnswer => {
    const headers: Record<string, string> = { etag: etag(result.record) };
    if (result.status === "created")
      headers["location"] = deps.publicUrl + recordPath(type, result.record.key);
    const status = result.status === "created" ? 201 : 200;
    return { status, headers, body: recordJson(type, result.record, result.fields) };
  };
  const written = (request: Request, type: RecordType, result: Written): Response =>
    given(request, answerOf(type, result));
  const pushed = (results: PushResult[]): KeptAnswer => {
    return { status: 200, headers: {}, body: JSON.stringify({ results }) };
  };

  // The OpenAPI document describes these per type (`http/openapi/records.ts`), so they are hidden from the generic one.
  const detail = { hide: true };

  return new Elysia({ name: "records" })
    .get(
      "/api/v1/:type",
      async ({ request, params }) => {
        return await list(deps, request, await enter(request, params.type, "read"));
      },
      { detail },
    )
    .post(
      "/api/v1/:type",
      once<{ type: string }>(async ({ request, params }) => {
        const { principal, type } = await enter(request, params.type, "write");
        const { on_error: onError = "stop" } = parseQuery(request, PUSH_QUERY);
        const body = await readJson(request, limits);
        if (isObject(body)) {
          const also = promised((result: Written) => answerOf(type, result));
          return written(request, type, await records.create(principal, type, body, also));
        }
        if (!Array.isArray(body)) throw invalid("", "The body must be an object or a list of objects");
        if (body.length > MAX_PUSH) {
          throw invalid("", `The list has ${body.length} records; a push may hold ${MAX_PUSH}`);
        }
        const list = body as JsonObject[];
        return given(request, pushed(await records.push(principal, type, list, onError, promised(pushed))));
      }),
      { detail },
    )
    .get(
      "/api/v1/:type/:id",
      async ({ request, params }) => {
        const { principal, type } = await enter(request, params.type, "read");
        parseQuery(request, {});
        const key = encodeIdText(type.key, params.id);
        const seen = await records.get(principal, type, key);
        if (!seen) throw notFound(type, key);
        const { record, fields } = seen;
        const headers = { etag: etag(record) };
        if (notModified(request, record)) return empty(request, 304, headers);
        return json(request, recordJson(type, record, fields), 200, headers);
      },
      { detail },
    )
    .put(
      "/api/v1/:type/:id",
      async ({ request, params }) => {
        const { principal, type } = await enter(request, params.type, "write");
        const key = encodeIdText(type.key, params.id);
        const body = await readObject(request, limits);
        return written(request, type, await records.put(principal, type, key, body, precondition(request)));
      },
      { detail },
    )
    .patch(
      "/api/v1/:type/:id",
      async ({ request, params }) => {
        const { principal, type } = await enter(request, params.type, "write");
        const key = encodeIdText(type.key, params.id);
        const body = await readObject(request, limits);
        return written(request, type, await records.patch(principal, type, key, body, precondition(request)));
      },
      { detail },
    )
    .delete(
      "/api/v1/:type/:id",
      async ({ request, params }) => {
        const { principal, type } = await enter(request, params.type, "delete");
        await records.remove(principal, type, encodeIdText(type.key, params.id), precondition(request));
        return empty(request, 204);
      },
      { detail },
    );
}

async function list(
  deps: RecordRouteDependencies,
  request: Request,
  { principal, type, view }: { principal: Principal; type: RecordType; view: View },
): Promise<Response> {
  const filters: ListQuery["filters"] = [];
  const parsed = parseQuery(
    request,
    {
      ...{ limit, cursor: string, sort: (text: string) => sortOrder(type, text) },
      ...{ modified_since: instant, search: string },
    },
    (field, text) => {
      if (filters.length === MAX_FILTERS) throw new Error(`at most ${MAX_FILTERS} filters`);
      filters.push({ field, values: type.filterValues(field, text) });
    },
  );
  const fallback: Order = parsed.modified_since === undefined ? { by: "id" } : { by: "modified_at" };
  const { order, descending } = parsed.sort ?? { order: fallback, descending: false };
  const base = {
    organisationId: principal.organisation.id,
    type: type.name,
    order,
    descending,
    filters,
    modifiedSince: parsed.modified_since,
  };
  const format = streamFormat(request.headers.get("accept"));
  const size = parsed.limit ?? DEFAULT_LIMIT;
  if (parsed.search !== undefined) {
    if (format) throw invalid("search", "has no meaning for a stream; it sends everything");
    demandFields(principal, type, view, order, filters);
    const { search: text, modified_since: modifiedSince, cursor } = parsed;
    const { organisationId } = base;
    const search = { organisationId, type, view, text, filters, order, descending, modifiedSince };
    const page = await searchPage(deps.store, search, { limit: size, cursor });
    const items = page.rows.map(({ record, fields }) => recordJson(type, record, fields));
    return recordPage(deps, request, items, page.cursor);
  }
  const name = JSON.stringify(["records", base]);
  const positions =
    order.by === "modified_at" ? (["number", "string"] as const) : (["string", "string"] as const);
  let after: ListQuery["after"];
  if (parsed.cursor !== undefined) {
    const [value, key] = decodeCursor(name, parsed.cursor, positions);
    if (value !== undefined && key !== undefined) after = { value, key: String(key) };
  }
  const read = (seen: View, limit: number): Promise<ListRow[]> => {
    demandFields(principal, type, seen, order, filters);
    const clauses = clausesOf(
      seen,
      filters.map(({ field }) => field),
    );
    return deps.store.read((reader) => listRecords(reader, { ...base, clauses, after, limit }));
  };

  if (format) {
    if (parsed.limit !== undefined)
      throw invalid("limit", "has no meaning for a stream; it sends everything");
    demandFields(principal, type, view, order, filters);
    const stream = recordStream(type, view, format, async () => {
      // It may take minutes: who loses his rights meanwhile is sent no more.
      const still = demandView(await deps.authenticate(request), type, "read");
      const records = await read(still, MAX_LIMIT);
      const last = records.at(-1);
      if (last) after = { value: last.position, key: last.key };
      return { records, view: still };
    });
    return new Response(stream, {
      headers: {
        "content-type": `${format}; charset=utf-8`,
        "cache-control": NOT_SHARED,
        "x-request-id": requestId(request),
        ...(format === "text/csv" && { "content-disposition": `attachment; filename="${type.name}.csv"` }),
      },
    });
  }
  const rows = await read(view, size + 1);
  const items = rows.slice(0, size);
  const last = rows.length > size ? items.at(-1) : undefined;
  const cursor = last ? encodeCursor(name, [last.position, last.key]) : null;
  const texts = items.map((row) => recordJson(type, row, fieldsOf(view, row)));
  return recordPage(deps, request, texts, cursor);
}

/** @param items  JSON, each */
function recordPage(
  { publicUrl }: Pick<RecordRouteDependencies, "publicUrl">,
  request: Request,
  items: readonly string[],
  cursor: string | null,
): Response {
  const page = `{"items":[${items.join(",")}],"next_cursor":${JSON.stringify(cursor)}}`;
  return json(request, page, 200, pageHeaders(request, publicUrl, cursor));
}

/**
 * Asking by a field tells of its values. A filter finds, of the records in view, those whose field is seen; an order
 * has to place them all, so its field must be seen of each.
 * @throws Forbidden naming a field that may not be asked by
 */
function demandFields(
  principal: Principal,
  type: RecordType,
  view: View,
  order: Order,
  filters: ListQuery["filters"],
): void {
  if (view.unlimited) return;
  const hidden = filters.map(({ field }) => field).find((field) => !shows(view.fields, field));
  const unordered =
    order.by === "field" && view.alternatives.some(({ fields }) => !shows(fields, order.field))
      ? order.field
      : undefined;
  const field = hidden ?? unordered;
  if (field === undefined) return;
  const detail = `The grants do not allow to ask ${type.name} by ${field}.`;
  throw new Forbidden(principal, type.name, "read", detail);
}

/** `name`, `-name`: a filter field, `id` or `modified_at`; the minus turns it round. */
function sortOrder(type: RecordType, text: string): { order: Order; descending: boolean } {
  const descending = text.startsWith("-");
  const field = descending ? text.slice(1) : text;
  if (field === "id" || field === "modified_at") return { order: { by: field }, descending };
  if (type.filters.includes(field)) return { order: { by: "field", field }, descending };
  throw new Problem("invalid", "sort", {
    violations: [
      {
        field: "sort",
        message: `must be one of ${["id", "modified_at", ...type.filters].join(", ")}, with - before it to turn it round`,
      },
    ],
  });
}
