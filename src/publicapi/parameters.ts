/**
 * The parameters of a request of the public data API: from the URL, and from a form or a JSON body, which wins. Their
 * names ignore case.
 */
import { isObject, readJson, readBytes, type BodyLimits } from "../http/json.ts";
import { Problem } from "../problem.ts";
import { wrongParameter } from "./errors.ts";
import { type FormFile, readMultipart } from "./multipart.ts";

export type { FormFile } from "./multipart.ts";

/** More than any form has; each costs a look-up, and who sends thousands is up to something. */
export const MAX_PARAMETERS = 200;
/** Characters of a name; no field of any type has a longer one. */
const MAX_NAME = 200;

/** Parameters that hold secrets: in a URL they stand in the logs of everything on the way. Lower case. */
export const SECRET_PARAMETERS: ReadonlySet<string> = new Set(["pw", "userpw", "password", "apikey"]);

export interface Parameter {
  /** As it was sent. */
  name: string;
  value: string;
}

export interface Parameters {
  /**
   * A parameter's value; undefined where it was not sent. Of a JSON body only text, numbers, true and false are
   * parameters. @throws Problem `invalid` where it was sent twice
   */
  get(name: string): string | undefined;
  /** All values of a parameter that may be sent several times. */
  values(name: string): readonly string[];
  /** Every parameter as it was sent, those of the body first; none of the URL that the body has too. */
  all(): readonly Parameter[];
  /** The JSON of the body as it was sent; undefined where there was none. */
  readonly body: unknown;
  /** What a form has uploaded, and a body that is a file itself (`text/csv`), which has no name. */
  readonly files: readonly FormFile[];
  /** Whether a secret stands in the URL. */
  readonly passwordInUrl: boolean;
}

/**
 * Reads them, the body too.
 * @throws Problem `invalid`: not UTF-8, too many; `malformed`, `too_large`, `timeout`, `unsupported_media_type`
 */
export async function readParameters(request: Request, limits: BodyLimits): Promise<Parameters> {
  const query = queryParameters(request.url);
  if (request.body === null || request.method === "GET" || request.method === "HEAD") {
    return new Read(query, NO_BODY);
  }
  return new Read(query, await readBody(request, limits));
}

/** Those of the URL alone, for where it must be known without waiting. @throws as {@link readParameters} */
export function readQuery(url: string): Parameters {
  return new Read(queryParameters(url), NO_BODY);
}

interface Body {
  parameters: readonly Parameter[];
  json?: unknown;
  files: readonly FormFile[];
}

const NO_BODY: Body = { parameters: [], files: [] };
const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const MULTIPART = /^multipart\/form-data\s*;/i;
const CSV = /^text\/csv\s*(?:;|$)/i;
const utf8 = new TextDecoder("utf-8", { fatal: true });

async function readBody(request: Request, limits: BodyLimits): Promise<Body> {
  const type = request.headers.get("content-type") ?? "";
  if (FORM.test(type)) {
    const bytes = await readBytes(request, limits);
    return { parameters: parseForm(textOf(bytes), "body"), files: [] };
  }
  if (MULTIPART.test(type)) {
    const { fields, files } = await readMultipart(await readBytes(request, limits), type, MAX_PARAMETERS);
    return { parameters: fields.map(known), files };
  }
  if (CSV.test(type)) {
    return {
      parameters: [],
      files: [{ name: "", fileName: "", type, bytes: await readBytes(request, limits) }],
    };
  }
  if (type === "" && request.headers.get("content-length") === "0") return NO_BODY;
  const json = await readJson(request, limits);
  return { parameters: isObject(json) ? [...scalars(json)] : [], json, files: [] };
}

function* scalars(body: Record<string, unknown>): Generator<Parameter> {
  for (const [name, value] of Object.entries(body)) {
    // A list of values says the same as a parameter that is sent several times.
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one === "string" || typeof one === "number" || typeof one === "boolean") {
        yield { name, value: String(one) };
      }
    }
  }
}

function queryParameters(url: string): Parameter[] {
  const start = url.indexOf("?");
  return start === -1 ? [] : parseForm(url.slice(start + 1), "URL");
}

function parseForm(text: string, place: string): Parameter[] {
  const parameters: Parameter[] = [];
  for (let start = 0; start <= text.length;) {
    const ampersand = text.indexOf("&", start);
    const end = ampersand === -1 ? text.length : ampersand;
    if (end > start) {
      if (parameters.length === MAX_PARAMETERS) throw tooMany();
      parameters.push(parsePair(text.slice(start, end), place));
    }
    start = end + 1;
  }
  return parameters;
}

function parsePair(pair: string, place: string): Parameter {
  const equals = pair.indexOf("=");
  const name = decode(equals === -1 ? pair : pair.slice(0, equals));
  const value = equals === -1 ? "" : decode(pair.slice(equals + 1));
  // Not which one: a password that is sent as Latin-1 would stand in the answer.
  if (name === undefined || value === undefined)
    throw new Problem("malformed", `The ${place} has a parameter that is not encoded as UTF-8.`);
  return known({ name, value });
}

function known(parameter: Parameter): Parameter {
  if (parameter.name.length > MAX_NAME)
    throw wrongParameter(parameter.name, `is longer than ${MAX_NAME} characters`);
  return parameter;
}

/** WHATWG URL, 5.1. */
function decode(text: string): string | undefined {
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
    throw new Problem("malformed", "The body is not UTF-8.");
  }
}

export function tooMany(): Problem {
  return new Problem("malformed", `There are more than ${MAX_PARAMETERS} parameters.`);
}

class Read implements Parameters {
  readonly body: unknown;
  readonly files: readonly FormFile[];
  readonly passwordInUrl: boolean;
  readonly #all: readonly Parameter[];
  readonly #byName = new Map<string, string[]>();

  constructor(query: readonly Parameter[], { parameters, json, files }: Body) {
    this.body = json;
    this.files = files;
    this.passwordInUrl = query.some(({ name }) => SECRET_PARAMETERS.has(name.toLowerCase()));
    const sent = new Set(parameters.map(({ name }) => name.toLowerCase()));
    this.#all = [...parameters, ...query.filter(({ name }) => !sent.has(name.toLowerCase()))];
    for (const { name, value } of this.#all) {
      const values = this.#byName.get(name.toLowerCase());
      if (values) values.push(value);
      else this.#byName.set(name.toLowerCase(), [value]);
    }
  }

  get(name: string): string | undefined {
    const values = this.#byName.get(name.toLowerCase());
    if (values && values.length > 1) throw wrongParameter(name, "is given twice");
    return values?.[0];
  }

  values(name: string): readonly string[] {
    return this.#byName.get(name.toLowerCase()) ?? [];
  }

  all(): readonly Parameter[] {
    return this.#all;
  }
}
