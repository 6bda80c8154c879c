/** Requests to the token server: forms, read strictly. */
import { readBytes } from "../http/json.ts";
import { Problem } from "../problem.ts";
import { OAuthError } from "./error.ts";

/** Bytes of a form. */
export const MAX_FORM = 65_536;

/** The parameters that have a value: one without counts as left out (RFC 6749, 3.2). */
export type Form = ReadonlyMap<string, string>;

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * @param requestTimeout  how long the body may take to arrive, milliseconds
 * @throws OAuthError `invalid_request`: not a form, too large, parameters in the URL or given twice
 */
export async function readForm(request: Request, requestTimeout: number): Promise<Form> {
  if (!FORM_TYPE.test(request.headers.get("content-type") ?? "")) {
    throw wrong("the body must be sent as application/x-www-form-urlencoded");
  }
  // What stands in a URL stands in logs (RFC 6749, 2.3.1); so that nobody begins with it, nothing is taken from there.
  if (request.url.includes("?")) throw wrong("parameters belong into the body, not into the URL");
  let bytes: Uint8Array;
  try {
    bytes = await readBytes(request, { body: MAX_FORM, requestTimeout });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new OAuthError("invalid_request", "the body is too large, or did not arrive in time", {
      status: error.status,
      headers: error.headers,
    });
  }
  return parseForm(bytes);
}

/** @throws OAuthError `invalid_request` */
export function parseForm(bytes: Uint8Array): Form {
  const form = new Map<string, string>();
  let empty: Set<string> | undefined;
  for (const pair of textOf(bytes).split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodeFormText(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? "" : decodeFormText(pair.slice(equals + 1));
    if (name === undefined || value === undefined) throw wrong("the body is not encoded as a form in UTF-8");
    if (form.has(name) || empty?.has(name)) throw wrong("a parameter is given twice");
    if (value !== "") form.set(name, value);
    else (empty ??= new Set()).add(name);
  }
  return form;
}

/** @throws OAuthError `invalid_request` */
export function required(form: Form, name: string): string {
  const value = form.get(name);
  if (value === undefined) throw wrong(`the parameter ${name} is missing`);
  return value;
}

/** Text as forms encode it (WHATWG URL, 5.1); undefined when it is not. */
export function decodeFormText(text: string): string | undefined {
  if (!/[+%]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return undefined;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw wrong("the body is not encoded as a form in UTF-8");
  }
}

function wrong(description: string): OAuthError {
  return new OAuthError("invalid_request", description);
}
