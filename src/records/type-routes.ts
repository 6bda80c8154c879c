/** `/api/v1/types`: which types there are, and what the caller may do with each. */
import { Elysia } from "elysia";

import type { Principal } from "../accounts/principal.ts";
import { type FieldKind, fieldKind, propertiesOf } from "../config/schema-fields.ts";
import type { DateFields, JsonSchema } from "../config/types.ts";
import { allows } from "../grants/grant.ts";
import { type Fields, type View, viewOf } from "../grants/view.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { pageAnswer } from "../http/links.ts";
import { decodeCursor, encodeCursor, type Page } from "../http/paging.ts";
import { DEFAULT_LIMIT, limit, parseQuery, string } from "../http/query.ts";
import type { KeyKind } from "./key.ts";
import type { RecordType, TypeRegistry } from "./types.ts";

export interface TypeRouteDependencies {
  types: TypeRegistry;
  authenticate: Authenticate;
  /** Without a trailing slash. */
  publicUrl: string;
}

const ACTIONS = ["read", "write", "delete"] as const;

/** What may be done with the records of a type: which of its fields, and whether with every record. */
export interface ShownRight {
  action: (typeof ACTIONS)[number];
  fields: "all" | string[];
  every_record: boolean;
}

/** A type as it is told of. */
export interface ShownType {
  name: string;
  object: string;
  key: KeyKind;
  description: string;
  schema: JsonSchema;
  /** Null where the schema does not list them all. */
  fields: string[] | null;
  filters: { field: string; kind: FieldKind }[];
  search: string[];
  public: string[];
  parent: { type: string; field: string } | null;
  dates: DateFields | null;
  topics: { update: string; destroy: string; import: string };
  rights: ShownRight[];
}

export function typeRoutes({ types, authenticate, publicUrl }: TypeRouteDependencies) {
  return new Elysia({ name: "types" }).get(
    "/api/v1/types",
    async ({ request }) => {
      const principal = await authenticate(request);
      const { limit: size = DEFAULT_LIMIT, cursor } = parseQuery(request, { limit, cursor: string });
      return pageAnswer(request, publicUrl, listTypes(types, principal, { limit: size, cursor }));
    },
    {
      detail: {
        tags: ["Types"],
        operationId: "listTypes",
        summary: "Which types there are, and what you may do with them",
        description:
          "The types of whose records you may read, write or delete some, by name. Who may read accounts is shown all, " +
          "because grants speak of them.",
      },
    },
  );
}

/** @throws Problem `invalid` for a cursor of another list */
export function listTypes(
  types: Pick<TypeRegistry, "all">,
  { grants }: Pick<Principal, "grants">,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Page<ShownType> {
  const [after = ""] = cursor === undefined ? [] : decodeCursor("types", cursor, ["string"]);
  const grantsAreShown = allows(grants, "accounts", "read");
  const found = types.all
    .filter(({ name }) => name > String(after))
    .map((type) => show(type, grants))
    .filter(({ rights }) => grantsAreShown || rights.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next_cursor: found.length > limit && last ? encodeCursor("types", [last.name]) : null };
}

function show(type: RecordType, grants: Principal["grants"]): ShownType {
  const { name, object, key, description, schema, filters, search, parent, dates, topics } = type;
  return {
    ...{ name, object, key, description, schema, parent },
    fields: propertiesOf(schema),
    filters: filters.map((field) => ({ field, kind: fieldKind(schema, field) })),
    search: [...search],
    public: [...type.public],
    dates: dates ?? null,
    topics: { update: topics.update, destroy: topics.destroy, import: topics.import },
    rights: ACTIONS.flatMap((action) => {
      const view = viewOf(grants, type, action);
      return view ? [right(action, view)] : [];
    }),
  };
}

function right(action: ShownRight["action"], { fields, everyRecord }: View): ShownRight {
  return { action, fields: names(fields), every_record: everyRecord };
}

function names(fields: Fields): "all" | string[] {
  return fields === "all" ? "all" : [...fields].sort();
}
