/** What one record of a type looks like in requests and answers, made by the code that makes the real ones. */
import type { JsonValue } from "../../config/types.ts";
import { EVERYTHING } from "../../grants/view.ts";
import { encodeId, type KeyKind, type RecordId } from "../../records/key.ts";
import type { StoredRecord } from "../../records/queries.ts";
import { recordJson } from "../../records/representation.ts";
import { recordStream, type StreamFormat } from "../../records/stream.ts";
import type { RecordType } from "../../records/types.ts";
import { sample } from "./sample.ts";
import type { Schema } from "./spec.ts";
import { isSchema, mapSchemas } from "./walk.ts";
import type { Resolve } from "./widen.ts";

export const sampleIds: Record<KeyKind, RecordId> = {
  integer: 345345,
  string: "A-1047",
  uuid: "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b",
};

const CREATED = Date.UTC(2026, 10, 20, 8, 30);
const MODIFIED = Date.UTC(2026, 10, 21, 19, 5);

/** All undefined but the id where nothing was found that fits the type's schema. */
export interface RecordExamples {
  id: RecordId;
  /** As it is sent to the server. */
  pushed?: Schema;
  /** As it is answered. */
  record?: JsonValue;
  patched?: Schema;
  ndjson?: string;
  csv?: string;
}

/**
 * @param data  the schema of the type's data, as the document has it
 * @param resolve  leads from its references to what they mean
 */
export async function recordExamples(
  type: RecordType,
  data: Schema,
  resolve: Resolve,
): Promise<RecordExamples> {
  const found = proposals(data, resolve)
    .map((value) => split(type, value))
    .find(({ id, fields }) => type.violations(id, fields).length === 0);
  if (!found) return { id: sampleIds[type.key] };
  const { id, fields } = found;
  const stored: StoredRecord = {
    key: encodeId(type.key, id),
    data: JSON.stringify(fields),
    version: 3,
    createdAt: CREATED,
    modifiedAt: MODIFIED,
    subject: "user:anna",
    actor: "account:acc_0196e3a07c1e7d2b9f3a5c1d2e4f6a7b",
  };
  return {
    id,
    pushed: { id, ...fields },
    record: JSON.parse(recordJson(type, stored)),
    ndjson: await streamed(type, "application/x-ndjson", stored),
    csv: await streamed(type, "text/csv", stored),
    patched: Object.fromEntries(Object.entries(fields).slice(-1)),
  };
}

/** The schema's own examples first, then what can be made of it. */
function proposals(data: Schema, resolve: Resolve): Schema[] {
  const { examples = [], example, ...bare } = data;
  const plain: Resolve = (reference) => {
    const target = resolve(reference);
    return target && withoutExamples(target);
  };
  const made = [
    sample(bare, resolve),
    sample(withoutExamples(bare), plain),
    sample(withoutExamples(bare), plain, { requiredOnly: true }),
  ];
  return [examples, example, made].flat().filter(isSchema);
}

/** The examples that a schema's author gave its fields may be wrong. */
function withoutExamples(schema: Schema): Schema {
  const { examples: _, example: __, ...rest } = schema;
  return mapSchemas(rest, withoutExamples);
}

function split(type: RecordType, value: Schema): { id: RecordId; fields: Schema } {
  const { id, _meta, ...fields } = value;
  const given = typeof id === "string" || typeof id === "number" ? id : sampleIds[type.key];
  try {
    encodeId(type.key, given);
    return { id: given, fields };
  } catch {
    return { id: sampleIds[type.key], fields };
  }
}

async function streamed(type: RecordType, format: StreamFormat, record: StoredRecord): Promise<string> {
  const pages = [[record]];
  return await new Response(
    recordStream(type, EVERYTHING, format, async () => ({
      records: pages.shift() ?? [],
      view: EVERYTHING,
    })),
  ).text();
}
