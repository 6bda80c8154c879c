/** The OpenAPI document of the public data API: its endpoints with the types of this server. */
import { topicName } from "../../config/topics.ts";
import type { Config } from "../../config/types.ts";
import { prune } from "../../http/openapi/document.ts";
import { Names } from "../../http/openapi/names.ts";
import { recordExamples } from "../../http/openapi/record-examples.ts";
import { recordSchemas } from "../../http/openapi/records.ts";
import type { OpenApiDocument, PathItem, Schema } from "../../http/openapi/spec.ts";
import { componentNames, typeSchemas } from "../../http/openapi/type-schemas.ts";
import { isSchema } from "../../http/openapi/walk.ts";
import type { RecordType } from "../../records/types.ts";
import { addOperations } from "./add.ts";
import { fixedPaths, fixedTags } from "./people.ts";
import { pullOperations } from "./pull.ts";
import { anybody, info, schemas as shared, securitySchemes } from "./shared.ts";

export interface PublicDocumentSource {
  types: readonly RecordType[];
  publicApi: Pick<Config["publicApi"], "pushByGet" | "defaultRows" | "maxRows">;
  /** Without a trailing slash. */
  publicUrl: string;
}

const OPENAPI = "3.1.1";

/** @returns the document, ready to be written as JSON or YAML */
export async function createPublicDocument(source: PublicDocumentSource): Promise<OpenApiDocument> {
  const schemas: Record<string, Schema> = { ...shared, ...recordSchemas };
  const taken = Object.values(fixedPaths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  );
  const names = new Names([...Object.keys(schemas), ...taken]);
  const paths: Record<string, PathItem> = {};
  for (const type of source.types) {
    const part = await typePart(type, names, source.publicApi);
    Object.assign(schemas, part.schemas);
    Object.assign(paths, part.paths);
  }
  const document: OpenApiDocument = structuredClone({
    openapi: OPENAPI,
    info,
    servers: [{ url: source.publicUrl }],
    security: anybody,
    tags: [
      ...source.types.map(({ name, object, description }) => ({
        name,
        description: description || `The records of this type; one is a ${object}.`,
      })),
      ...fixedTags,
    ],
    paths: { ...paths, ...fixedPaths },
    webhooks: {},
    components: { securitySchemes, schemas, responses: {}, headers: {}, parameters: {} },
  });
  prune(document);
  return document;
}

async function typePart(
  type: RecordType,
  names: Names,
  { pushByGet, defaultRows, maxRows }: PublicDocumentSource["publicApi"],
): Promise<{ schemas: Record<string, Schema>; paths: Record<string, PathItem> }> {
  const plural = topicName(type.name);
  const idsOf = (stem: string) => ({
    ...{ get: `get${plural}`, post: `ask${plural}` },
    ...{ add: `add${stem}`, addByGet: `add${stem}ByGet` },
  });
  const stem = names.take(topicName(type.object), (one) => [
    ...Object.values(componentNames(one)),
    ...Object.values(idsOf(one)),
  ]);
  const { components, data, resolve } = typeSchemas(type, stem, (definition) =>
    names.take(stem + topicName(definition.replaceAll(/[^A-Za-z0-9_-]/g, "_")), (name) => [name]),
  );
  const examples = await recordExamples(type, data, resolve);
  const { output, input } = componentNames(stem);
  const ids = idsOf(stem);
  const record = components[output] ?? {};
  const { _meta, ...example } = isSchema(examples.record) ? examples.record : {};
  const pull = pullOperations({
    ...{ type, record: output, operationIds: ids, rows: { defaultRows, maxRows } },
    example: examples.record === undefined ? undefined : example,
  });
  const add = addOperations({
    ...{ type, input, inputSchema: components[input] ?? {}, byGet: pushByGet },
    operationIds: { post: ids.add, get: ids.addByGet },
    example: { id: examples.id, sent: examples.pushed },
  });
  return {
    // Of a record that is seen in part, only the id is there for sure.
    schemas: { ...components, [output]: { ...record, required: ["id"] } },
    paths: { [`/api/public/${type.name}`]: { ...pull }, [`/api/public/${type.name}/add`]: { ...add } },
  };
}
