/**
 * The public API, by Eden Treaty: `await answer(api.api.v1.receivers.get({ query: { limit: 50 } }))`.
 *
 * The session's cookie says who asks. `x-koppla-console` says that no form of another site does, and
 * `koppla-organisation` which organisation a superadministrator looks at.
 */
import { type Treaty, treaty } from "@elysiajs/eden/treaty2";

import type { Schemas } from "../../../../sdk/typescript/src/api.ts";
import { serverBase } from "../base.ts";
import { ApiError, apiError } from "./errors.ts";
import type { ApiRoutes } from "./routes.ts";

export type { Schemas };

let organisation: string | undefined;
let ended: () => void = () => {};

/** From now on, what is asked is asked of this organisation; undefined: of one's own. */
export function lookAt(code: string | undefined): void {
  organisation = code;
}

/** @param listener  told when an answer says that the session has ended */
export function onSessionEnd(listener: () => void): void {
  ended = listener;
}

/** When somebody last touched the page: what it asks by itself is not to keep him logged in. */
let touched = Date.now();
for (const event of ["pointerdown", "keydown", "wheel"])
  addEventListener(event, () => (touched = Date.now()), { passive: true, capture: true });

/** The headers of every request: also of those that Eden does not make (files, streams). */
export function requestHeaders(): Record<string, string> {
  return {
    "x-koppla-console": "1",
    "koppla-idle": String(Math.floor((Date.now() - touched) / 1000)),
    ...(organisation !== undefined && { "koppla-organisation": organisation }),
  };
}

/** The URL of a path of the API, such as `/api/v1/changes`. */
export const apiUrl = (path: string): string => serverBase + path;

const client: unknown = treaty(location.origin + serverBase, {
  parseDate: false,
  fetch: { credentials: "same-origin" },
  headers: requestHeaders,
});

export const api = client as Treaty.Sign<ApiRoutes>;

/** What Eden's calls come to. */
interface Reply<Data> {
  data: Data | null;
  error: { status: unknown; value: unknown } | null;
  status: number;
}

/**
 * The body of an answer.
 * @throws ApiError  what the server says instead; status 0 where it cannot be reached
 */
export async function answer<Data>(reply: Promise<Reply<Data>>): Promise<Data> {
  const { data, error, status } = await reply.catch(unreachable);
  if (error) throw told(apiError(status, error.value));
  return data as Data;
}

/**
 * A request that Eden does not make: of files, of a type's records by name, of answers that are no JSON.
 * @param path  such as `/api/v1/trainings?limit=50`
 * @throws ApiError  as {@link answer}
 */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(requestHeaders())) {
    // Who names an organisation himself means that one.
    if (!headers.has(name)) headers.set(name, value);
  }
  const response = await fetch(apiUrl(path), { ...init, headers, credentials: "same-origin" }).catch(
    unreachable,
  );
  if (!response.ok) throw told(apiError(response.status, await response.json().catch(() => null)));
  return response;
}

/** As {@link send}, with JSON in and out. @param body  sent as JSON where there is one */
export async function sendJson<Data>(
  path: string,
  init: RequestInit & { json?: unknown } = {},
): Promise<Data> {
  const { json, ...rest } = init;
  const headers = new Headers(rest.headers);
  if (json !== undefined) headers.set("content-type", "application/json");
  const response = await send(path, {
    ...rest,
    headers,
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  return (response.status === 204 ? undefined : await response.json()) as Data;
}

function unreachable(error: unknown): never {
  if (error instanceof DOMException && error.name === "AbortError") throw error;
  throw new ApiError(0, "unreachable", "", error instanceof Error ? error.message : "");
}

function told(error: ApiError): ApiError {
  // A login that fails has no session that could end.
  if (error.status === 401 && error.code === "unauthorized" && sessionWasThere) ended();
  return error;
}

let sessionWasThere = false;

/** Whether an answer of 401 means that a session has ended. */
export function expectSession(there: boolean): void {
  sessionWasThere = there;
}
