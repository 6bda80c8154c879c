/** Records as the API has them, and what is asked of it. */
import type { QueryKey } from "@tanstack/react-query";

import { send, sendJson } from "../../api/client.ts";
import type { RecordType } from "../../parts/useTypes.ts";
import type { RecordOut } from "./record-out.ts";

export type { RecordOut } from "./record-out.ts";

/** Of one record, with what it was when it was read. */
export interface Seen {
  record: RecordOut;
  etag: string;
}

export const recordsKey = (type: string): QueryKey => ["records", type];
export const recordKey = (type: string, id: string): QueryKey => ["record", type, id];

export const recordPath = ({ name }: Pick<RecordType, "name">, id: string | number): string =>
  `/api/v1/${name}/${encodeURIComponent(id)}`;

/** Where a record's page is. */
export const recordPage = (type: string, id: string | number): string =>
  `/data/${type}/record?id=${encodeURIComponent(id)}`;

export async function readRecord(type: RecordType, id: string, signal?: AbortSignal): Promise<Seen> {
  const response = await send(recordPath(type, id), signal ? { signal } : {});
  return { record: (await response.json()) as RecordOut, etag: response.headers.get("etag") ?? "" };
}

/** What a record says, without what the server knows of it. */
export function dataOf({ id: _, _meta: __, ...data }: RecordOut): Record<string, unknown> {
  return data;
}

export function createRecord(
  type: RecordType,
  id: string,
  data: Record<string, unknown>,
): Promise<RecordOut> {
  return sendJson(`/api/v1/${type.name}`, { method: "POST", json: { ...idOf(type, id), ...data } });
}

function idOf({ key }: RecordType, text: string): { id?: string | number } {
  const trimmed = text.trim();
  if (trimmed === "") return {};
  return { id: key === "integer" && /^-?\d+$/.test(trimmed) ? Number(trimmed) : trimmed };
}

/**
 * Writes a record as it is to be, if it is still what was read. Who cannot see all of it sends what he changed, so that
 * the rest stays.
 * @throws ApiError  412 where somebody else has changed it
 */
export function changeRecord(
  type: RecordType,
  { record, etag }: Seen,
  data: Record<string, unknown>,
): Promise<RecordOut> {
  const whole = type.rights.find(({ action }) => action === "read")?.fields === "all";
  return sendJson(recordPath(type, record.id), {
    method: whole ? "PUT" : "PATCH",
    headers: { "if-match": etag },
    json: whole ? data : patchOf(dataOf(record), data),
  });
}

/** JSON merge patch (RFC 7396) that makes one of the other. */
export function patchOf(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name], after[name]];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    if (is === undefined) patch[name] = null;
    else patch[name] = isObject(was) && isObject(is) ? patchOf(was, is) : is;
  }
  return patch;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export async function removeRecord(type: RecordType, { record, etag }: Seen): Promise<void> {
  await send(recordPath(type, record.id), { method: "DELETE", headers: { "if-match": etag } });
}
