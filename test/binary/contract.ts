/** The OpenAPI document as a judge: what it lets an operation answer, and whether an answer is of that kind. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";

interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Header {
  $ref?: string;
  required?: boolean;
}

interface Answer {
  $ref?: string;
  headers?: Record<string, Header>;
  content?: Record<string, Media>;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  example?: unknown;
}

export interface OperationObject {
  operationId: string;
  security?: unknown[];
  parameters?: (Parameter & { $ref?: string })[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Answer>;
}

export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, OperationObject>>;
}

/** One operation with where it is. */
export interface Documented extends OperationObject {
  path: string;
  method: string;
}

export class Contract {
  readonly operations: Documented[];
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });

  constructor(private readonly document: OpenApi) {
    formats.default(this.#ajv);
    this.#ajv.addSchema(closed(structuredClone(document)), "document");
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        ...operation,
        path,
        method: method.toUpperCase(),
      })),
    );
  }

  operation(id: string): Documented {
    const found = this.operations.find(({ operationId }) => operationId === id);
    if (!found) throw new Error(`the document has no operation ${id}`);
    return found;
  }

  /** What an answer has that the document does not let it have: status, media type, headers, members. */
  async faults(operation: Documented, response: Response): Promise<string[]> {
    const at = `${operation.operationId} answered ${response.status}`;
    const here = [
      "paths",
      operation.path,
      operation.method.toLowerCase(),
      "responses",
      String(response.status),
    ];
    const given = operation.responses[String(response.status)];
    if (!given) return [`${at}, which is not documented: ${await response.text()}`];
    const steps = given.$ref === undefined ? here : given.$ref.slice(2).split("/");
    const answer = given.$ref === undefined ? given : this.#follow<Answer>(steps);
    const headers = Object.entries(answer.headers ?? {})
      .filter(([name, header]) => this.#header(header).required !== false && !response.headers.has(name))
      .map(([name]) => name);
    const faults = headers.map((name) => `${at} without the header ${name}`);
    const type = response.headers.get("content-type")?.split(";")[0] ?? "nothing";
    if (!answer.content) {
      const body = await response.text();
      return body === "" ? faults : [...faults, `${at} with a body: ${body}`];
    }
    const media = answer.content[type] ? type : "*/*";
    if (!answer.content[media]) return [...faults, `${at} with ${type}`];
    if (type === "text/event-stream") {
      await response.body?.cancel();
      return faults;
    }
    const text = await response.text();
    const validate = this.#validator(pointer([...steps, "content", media, "schema"]));
    if (validate(type.endsWith("json") && type !== "application/x-ndjson" ? JSON.parse(text) : text))
      return faults;
    return [...faults, `${at} with ${text.slice(0, 500)}: ${this.#ajv.errorsText(validate.errors)}`];
  }

  /** The names of the parameters that an operation documents. */
  parametersOf({ parameters = [] }: Documented): string[] {
    return parameters.map((one) =>
      one.$ref === undefined ? one.name : this.#follow<Parameter>(one.$ref.slice(2).split("/")).name,
    );
  }

  /** What a JSON body has that the document does not let it have. */
  bodyFaults(operation: Documented, body: string): string[] {
    const { operationId, path, method } = operation;
    if (!operation.requestBody?.content["application/json"]) return [`${operationId} has no body in JSON`];
    const place = ["requestBody", "content", "application/json", "schema"];
    const validate = this.#validator(pointer(["paths", path, method.toLowerCase(), ...place]));
    if (validate(JSON.parse(body))) return [];
    return [`${operationId} was sent ${body.slice(0, 500)}: ${this.#ajv.errorsText(validate.errors)}`];
  }

  /** The documented examples of what is sent, with their media types. */
  bodies(operation: Documented): { type: string; body: string }[] {
    return Object.entries(operation.requestBody?.content ?? {}).flatMap(
      ([type, { example, examples = {} }]) =>
        [example, ...Object.values(examples).map(({ value }) => value)]
          .filter((value) => value !== undefined)
          .map((value) => ({ type, body: encoded(type, value) })),
    );
  }

  #validator($ref: string): ValidateFunction {
    const known = this.#validators.get($ref);
    if (known) return known;
    const validate = this.#ajv.compile({ $ref });
    this.#validators.set($ref, validate);
    return validate;
  }

  #header(header: Header): Header {
    return header.$ref === undefined ? header : this.#follow<Header>(header.$ref.slice(2).split("/"));
  }

  #follow<T>(steps: readonly string[]): T {
    let here: unknown = this.document;
    for (const step of steps) here = (here as Record<string, unknown>)[step];
    return here as T;
  }
}

function encoded(type: string, value: unknown): string {
  if (type !== "application/x-www-form-urlencoded") return JSON.stringify(value);
  return new URLSearchParams(value as Record<string, string>).toString();
}

/** Lets no object have members that its schema does not name: what is answered is to be documented. */
function closed<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const inside of Object.values(value)) closed(inside);
  if ("properties" in value && "type" in value && !("additionalProperties" in value))
    Object.assign(value, { additionalProperties: false });
  return value;
}

function pointer(steps: readonly string[]): string {
  const escaped = steps.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")));
  return `document#/${escaped.join("/")}`;
}
