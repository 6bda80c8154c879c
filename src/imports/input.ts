/** What an import was asked for, as a request says it and an operation keeps it. */
import type { StoredActor } from "../../db/schema.ts";
import type { Organisation, Principal, Subject } from "../accounts/principal.ts";
import type { Grant } from "../grants/grant.ts";
import { oneOf, string } from "../http/query.ts";
import { invalid, Problem } from "../problem.ts";
import type { RecordId } from "../records/key.ts";
import { isEncoding } from "./source/csv.ts";
import type { Packing } from "./source/bytes.ts";

export type ImportFormat = "ndjson" | "json" | "csv";

/** `check` stores nothing: each row is put and taken back. */
export type ImportMode = "upsert" | "replace" | "check";

/** Who imports, for as long as it takes. */
export interface StoredPrincipal {
  organisation: Organisation;
  subject: Subject;
  actor?: StoredActor;
  grants: readonly Grant[];
}

/** JSON: an operation's input. */
export interface ImportInput {
  type: string;
  format: ImportFormat;
  mode: ImportMode;
  onError: "stop" | "skip";
  /** The id of the parent whose records they are. */
  parent: RecordId | null;
  encoding: string | null;
  delimiter: string | null;
  /** Field by column of a CSV file; the empty field: it is passed over. */
  map: Record<string, string>;
  /** The blob that holds the file, and how that is packed. */
  file: string;
  packing: Packing;
  /** Bytes, as it was sent. */
  size: number;
  by: StoredPrincipal;
}

/** What the query of a request says. */
export const importQuery = {
  format: oneOf("ndjson", "json", "csv"),
  mode: oneOf<ImportMode>("upsert", "replace", "check"),
  on_error: oneOf("stop", "skip"),
  parent: string,
  encoding: (text: string): string => {
    if (!isEncoding(text)) throw new Error("is not known: utf-8, utf-16le, iso-8859-1 and windows-1252 are");
    return text;
  },
  delimiter: (text: string): string => {
    if (text.toLowerCase() === "tab" || text === "\\t") return "\t";
    if (text.length !== 1 || /["\r\n]/.test(text)) throw new Error("must be one character, or tab");
    return text;
  },
  map: columnMap,
};

const MAX_COLUMNS = 500;

/** `Name of column:field,Other:other`; without a field, the column is passed over. JSON does, too. */
export function columnMap(text: string): Record<string, string> {
  const map = Object.create(null) as Record<string, string>;
  const pairs = text.startsWith("{") ? jsonPairs(text) : text.split(",").map(pairOf);
  if (pairs.length > MAX_COLUMNS) throw new Error(`may name ${MAX_COLUMNS} columns`);
  for (const [column, field] of pairs) map[column] = field;
  return { ...map };
}

function pairOf(text: string): [string, string] {
  const at = text.lastIndexOf(":");
  if (at < 1) throw new Error("must be COLUMN:FIELD,COLUMN:FIELD or a JSON object");
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function jsonPairs(text: string): [string, string][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("is not JSON");
  }
  const pairs = Object.entries(value as Record<string, unknown>);
  return pairs.map(([column, field]) => {
    if (typeof field !== "string" && field !== null) throw new Error("must have fields' names as its values");
    return [column, field ?? ""];
  });
}

const TYPES: Readonly<Record<string, ImportFormat>> = {
  "application/x-ndjson": "ndjson",
  "application/ndjson": "ndjson",
  "application/jsonl": "ndjson",
  "application/x-jsonlines": "ndjson",
  "application/json": "json",
  "text/csv": "csv",
  "application/csv": "csv",
};

/** What a request's `Content-Type` says. @throws Problem `unsupported_media_type` */
export function formatOf(contentType: string | null): { format: ImportFormat; charset: string | undefined } {
  const [name = "", ...parameters] = (contentType ?? "").split(";").map((part) => part.trim());
  const format = TYPES[name.toLowerCase()];
  if (!format) {
    throw new Problem(
      "unsupported_media_type",
      "A file is sent as application/x-ndjson, application/json or text/csv, or with format=.",
      { headers: { accept: "application/x-ndjson, application/json, text/csv" } },
    );
  }
  const charset = parameters.map((part) => /^charset="?([^"]+)"?$/i.exec(part)?.[1]).find(Boolean);
  if (charset !== undefined && !isEncoding(charset))
    throw invalid("content-type", "has a charset that is not known");
  return { format, charset };
}

/** How a request's body is packed, as far as it says so; its first bytes say the rest. @throws Problem */
export function demandKnownPacking(contentEncoding: string | null): void {
  const name = contentEncoding?.trim().toLowerCase() ?? "identity";
  if (["identity", "gzip", "x-gzip", "zstd"].includes(name)) return;
  throw new Problem("unsupported_media_type", "A file may be packed by gzip or zstd.", {
    headers: { "accept-encoding": "gzip, zstd" },
  });
}

/** @param grants  of that moment: what is taken away later does not stop an import that has begun */
export function storedPrincipal({ organisation, subject, actor, grants }: Principal): StoredPrincipal {
  return { organisation, subject, ...(actor && { actor }), grants };
}
