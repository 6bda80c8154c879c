/** An action that is an HTTP request: made of its templates, sent the one way out, judged by its success rule. */
import type { HttpRunConfig, JsonValue } from "../config/types.ts";
import type { OutgoingRequest, OutgoingResult, Send } from "../outgoing/request.ts";
import { invalid } from "../problem.ts";
import { escapeFor, fillJson, fillText, type TemplateValues } from "./template.ts";

/** What came of a request. `again`: it may be worth trying once more. */
export interface HttpEnd {
  message: string;
  ok: boolean;
  again: boolean;
  result: Record<string, unknown>;
}

export interface HttpOptions {
  send: Send;
  /** Milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /** PEM of the only authorities that are trusted. */
  ca?: string | undefined;
  /** More headers, such as that of a dry run. */
  headers?: Record<string, string>;
}

/** Sends what an action says. @throws Problem `invalid` for values that cannot stand where they are to */
export async function runHttp(
  run: HttpRunConfig,
  values: TemplateValues,
  options: HttpOptions,
): Promise<HttpEnd> {
  const { send, timeout, signal, ca } = options;
  const request = requestOf(run, values);
  const answer = await send({
    ...request,
    headers: { ...request.headers, ...options.headers },
    ...{ timeout, signal, answerLimit: Math.max(run.resultLimit, NEEDED_TO_JUDGE) },
    ...(ca !== undefined && { tls: { ca } }),
  });
  return judge(run, answer);
}

/** So much of an answer is read whatever is kept: the success rule may need it. */
const NEEDED_TO_JUDGE = 65_536;
const BODILESS = new Set(["GET", "DELETE"]);

/** The request, without what is the same for all. @throws Problem `invalid` */
export function requestOf(
  run: HttpRunConfig,
  values: TemplateValues,
): Pick<OutgoingRequest, "url" | "method" | "headers" | "body"> {
  const headers: Record<string, string> = {
    "user-agent": "koppla",
    // Who asks twice because he does not know is to be understood once.
    "idempotency-key": values.operation,
  };
  for (const [name, template] of Object.entries(run.headers)) {
    headers[name.toLowerCase()] = fillText(template, values, headerValue);
  }
  const authorization = authorizationOf(run);
  if (authorization !== undefined) headers["authorization"] = authorization;
  const body = bodyOf(run, values, headers["content-type"]);
  if (body) headers["content-type"] ??= body.type;
  return { url: urlOf(run.url, values), method: run.method, headers, ...(body && { body: body.text }) };
}

function urlOf(template: string, values: TemplateValues): string {
  const url = fillText(template, values, encodeURIComponent);
  const [path = ""] = url.replace(/^https?:\/\/[^/?#]*/i, "").split(/[?#]/);
  // They would climb out of the folder that the action names.
  if (path.split("/").some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) {
    throw invalid("", "The input has . or .. where it becomes a part of a path");
  }
  return url;
}

function headerValue(value: string): string {
  if (!/^[\t\x20-\x7e]*$/.test(value)) {
    throw invalid("", "The input has characters that cannot stand in a header, where it becomes one");
  }
  return value;
}

function authorizationOf({ authorization }: HttpRunConfig): string | undefined {
  if (!authorization) return undefined;
  if ("token" in authorization) return `Bearer ${authorization.token}`;
  const { username, password } = authorization;
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function bodyOf(
  { body, method }: HttpRunConfig,
  values: TemplateValues,
  contentType: string | undefined,
): { text: string; type: string } | undefined {
  if (body === undefined && BODILESS.has(method)) return undefined;
  if (typeof body === "string") {
    const type = contentType ?? "text/plain;charset=utf-8";
    return { text: fillText(body, values, escapeFor(type)), type };
  }
  const filled = body === undefined ? values.input : fillJson(body, values);
  return { text: JSON.stringify(filled ?? null), type: "application/json" };
}

/** Whether an answer is one that the action takes for success, and what is kept of it. */
export function judge(run: HttpRunConfig, answer: OutgoingResult): HttpEnd {
  const { status, error } = answer;
  const isCut = answer.cut === true || Buffer.byteLength(answer.body) > run.resultLimit;
  const json = answer.cut ? undefined : parse(answer.body);
  const result: Record<string, unknown> = { status: status ?? null };
  if (run.resultLimit > 0 && answer.body !== "") {
    if (isCut) {
      result["body"] = textStart(answer.body, run.resultLimit);
      result["cut"] = true;
    } else result["body"] = json === undefined ? answer.body : json;
  }
  const failed = (message: string, again: boolean) => ({ ok: false, again, message, result });
  if (status === undefined || error !== undefined) {
    const reason = answer.detail === undefined ? "" : ` (${answer.detail})`;
    return failed(`${NO_ANSWER[error ?? "connect"] ?? "There was no answer"}${reason}.`, error !== "blocked");
  }
  const { status: statuses, body: wanted } = run.success;
  const isStatus = statuses.length > 0 ? statuses.includes(status) : status >= 200 && status < 300;
  if (!isStatus) return failed(`It was answered with ${status}.`, status === 429 || status >= 500);
  for (const [way, value] of Object.entries(wanted)) {
    const found = at(json, way);
    if (Bun.deepEquals(found, value, true)) continue;
    const shown = found === undefined ? "nothing" : JSON.stringify(found).slice(0, 100);
    return failed(
      `It was answered with ${status}, but ${way} is ${shown} and not ${JSON.stringify(value)}.`,
      false,
    );
  }
  return { ok: true, again: false, message: `It was answered with ${status}.`, result };
}

const NO_ANSWER: Partial<Record<NonNullable<OutgoingResult["error"]>, string>> = {
  dns: "The name of the host was not found",
  connect: "No connection came about",
  tls: "No safe connection came about",
  timeout: "There was no answer in time",
  body: "The answer broke off",
  blocked: "The request may not go there",
  proxy: "The forward proxy did not pass it on",
  aborted: "It was ended before there was an answer",
};

function parse(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** The value that a way such as `report.lines.0.state` leads to; undefined where there is none. */
function at(value: JsonValue | undefined, way: string): JsonValue | undefined {
  let here = value;
  for (const step of way.split(".")) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return undefined;
    here = Array.isArray(here) ? here[Number(step)] : here[step];
  }
  return here;
}

/** At most so many bytes, no half characters. */
function textStart(text: string, bytes: number): string {
  const start = Buffer.from(text).subarray(0, bytes);
  return new TextDecoder().decode(start, { stream: true });
}
