/** The client: one account of one server. */
import { type Operations, routes, type Schemas } from "./api.ts";
import { Changes, type ChangesOptions } from "./changes.ts";
import { apiError, DryRunIgnored } from "./errors.ts";
import { AccessTokens, ApiToken, type Code, type Login } from "./login.ts";
import { Operation } from "./operations.ts";
import { type AnyTypes, Records, type TypesOf } from "./records.ts";
import { timeOf } from "./times.ts";
import { type Answer, Transport } from "./transport.ts";

/** Times are milliseconds. */
export interface KopplaOptions {
  /** The server's address. */
  url: string;
  /** The account's API token, `koppla_...`. */
  token: string;
  /** With it the login is OAuth 2.0; without it the token is sent as it is (accounts without one-time codes). */
  clientId?: string | undefined;
  /** A one-time code, or what asks for one. */
  totp?: Code | undefined;
  /** The secret of the codes, from which they are made. */
  totpSecret?: string | undefined;
  /** Less than the account may, such as `trainings:read`. */
  scope?: string | undefined;
  /** Nothing is stored, sent or started; see {@link Koppla.dry}. */
  dryRun?: boolean;
  /** Default `Dry-Run`. */
  dryRunHeader?: string;
  /** Where the API is, in place of what the answer to the login says. */
  baseUrl?: string | undefined;
  /** Of silence, after which a request has failed: 30 s. */
  timeout?: number;
  /** How often a request is sent at most, where that is safe: 4. */
  tries?: number;
  /** Default the global one. */
  fetch?: typeof fetch;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  query?: Query | undefined;
  /** Sent as JSON. */
  json?: unknown;
  headers?: Record<string, string>;
  /** Milliseconds. */
  timeout?: number;
  signal?: AbortSignal | undefined;
}

type OperationId = keyof Operations;
/** What of an operation has to be given. */
type CallOptions<O extends OperationId> = {
  signal?: AbortSignal;
  query?: Operations[O]["query"];
} & (Operations[O]["path"] extends Record<string, never>
  ? { path?: undefined }
  : { path: Operations[O]["path"] }) &
  (undefined extends Operations[O]["body"]
    ? { json?: Exclude<Operations[O]["body"], undefined> }
    : { json: Operations[O]["body"] });

/** Operations that answer a page. */
type Paged = {
  [O in OperationId]: Operations[O]["answer"] extends { items: unknown[]; next_cursor: string | null }
    ? O
    : never;
}[OperationId];
type Item<O extends Paged> = Operations[O]["answer"] extends { items: (infer I)[] } ? I : never;

/** @template T  the server's types of records, as `koppla-types` writes them */
export class Koppla<T extends TypesOf<T> = AnyTypes> {
  readonly #transport: Transport;
  readonly #login: Login;
  readonly #dryRun: boolean;
  readonly #dryRunHeader: string;
  readonly #options: KopplaOptions;

  /** @param login  of another client of the same account */
  constructor(options: KopplaOptions, login?: Login) {
    const { timeout = 30_000, tries = 4, fetch = globalThis.fetch, dryRunHeader = "Dry-Run" } = options;
    this.#options = options;
    this.#transport = new Transport({ timeout, tries, longestWait: 60_000, fetch });
    this.#dryRun = options.dryRun ?? false;
    this.#dryRunHeader = dryRunHeader.toLowerCase();
    this.#login = login ?? loginOf(options, this.#transport);
  }

  /** From KOPPLA_URL, KOPPLA_TOKEN and, where they are set, KOPPLA_CLIENT_ID and KOPPLA_TOTP_SECRET. */
  static fromEnvironment<T extends TypesOf<T> = AnyTypes>(more: Partial<KopplaOptions> = {}): Koppla<T> {
    const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
    const env = process?.env ?? {};
    const [url, token] = ["KOPPLA_URL", "KOPPLA_TOKEN"].map((name) => {
      const value = env[name];
      if (value === undefined || value === "") throw new TypeError(`${name} is not set`);
      return value;
    }) as [string, string];
    const clientId = env["KOPPLA_CLIENT_ID"] || undefined;
    const totpSecret = env["KOPPLA_TOTP_SECRET"] || undefined;
    return new Koppla<T>({ url, token, clientId, totpSecret, ...more });
  }

  get timeout(): number {
    return this.#transport.timeout;
  }

  /**
   * The same account; whatever it changes is checked and answered as if it were done, and is not done. Its methods
   * throw {@link DryRunIgnored} where the server does not say that it only rehearsed.
   */
  dry(): Koppla<T> {
    return new Koppla<T>({ ...this.#options, dryRun: true }, this.#login);
  }

  /** Who this is: organisation, account, grants. */
  me(): Promise<Schemas["Me"]> {
    return this.call("getMe");
  }

  /** The records of a type, such as `trainings`. */
  records<K extends keyof T & string>(type: K): Records<T[K]["record"], T[K]["input"]> {
    return new Records<T[K]["record"], T[K]["input"]>(this, type);
  }

  /** What has changed, oldest first: `for await`; its `cursor` is what to go on with the next time. */
  changes(options: ChangesOptions = {}): Changes {
    return new Changes(this, options);
  }

  /** An operation, as it stands now. */
  async operation(id: string): Promise<Operation> {
    return new Operation(this, await this.call("getOperation", { path: { id } }));
  }

  /** Operations, newest first. */
  async *operations(query: Operations["listOperations"]["query"] = {}): AsyncGenerator<Operation> {
    for await (const state of this.pages("listOperations", query)) yield new Operation(this, state);
  }

  /** Begins what takes longer than a request: any route that answers 202 with an operation. */
  async start(method: string, path: string, json?: unknown): Promise<Operation> {
    const { text } = await this.request(method, path, { json });
    return new Operation(this, JSON.parse(text) as Schemas["Operation"]);
  }

  /** Runs an action that the server offers. @param input  as its schema says */
  async run(action: string, input: Operations["runAction"]["body"] = {}): Promise<Operation> {
    return new Operation(this, await this.call("runAction", { path: { name: action }, json: input }));
  }

  /** Sends a receiver again what failed in a time. */
  async recover(
    receiverId: string,
    {
      since,
      until,
      status,
    }: { since: Date | string; until?: Date | string } & Pick<Schemas["RecoverInput"], "status">,
  ): Promise<Operation> {
    const json: Schemas["RecoverInput"] = {
      since: timeOf(since),
      ...(until !== undefined && { until: timeOf(until) }),
      ...(status !== undefined && { status }),
    };
    return new Operation(this, await this.call("recoverReceiver", { path: { id: receiverId }, json }));
  }

  /** The items of a list of the server's own, such as `listReceivers`, page by page. */
  async *pages<O extends Paged>(operation: O, query: Operations[O]["query"] = {}): AsyncGenerator<Item<O>> {
    const [, path] = routes[operation];
    yield* this.items<Item<O>>(path, query as Query);
  }

  /** The items of any list, page by page. */
  async *items<I>(path: string, query: Query = {}): AsyncGenerator<I> {
    let cursor: string | null | undefined;
    do {
      const { text } = await this.request("GET", path, { query: { ...query, ...(cursor && { cursor }) } });
      const page = JSON.parse(text) as { items: I[]; next_cursor: string | null };
      yield* page.items;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }

  /** Any operation of the OpenAPI document, by its id: `call("getReceiver", { path: { id } })`. */
  async call<O extends OperationId>(
    operation: O,
    ...[options]: object extends CallOptions<O> ? [CallOptions<O>?] : [CallOptions<O>]
  ): Promise<Operations[O]["answer"]> {
    const [method, template] = routes[operation];
    const given = options as
      { path?: Query; query?: Query; json?: unknown; signal?: AbortSignal } | undefined;
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(String(given?.path?.[name])),
    );
    const { query, json, signal } = given ?? {};
    const { text } = await this.request(method, path, { query, json, signal });
    return (text === "" ? undefined : JSON.parse(text)) as Operations[O]["answer"];
  }

  /** Any request of the API; `path` is below the base URL. @throws ApiError, Unreachable, LoginError */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const { query = {}, json, timeout, signal } = options;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value;
    if (json !== undefined) headers["content-type"] = "application/json";
    // So that it may be sent again when nobody knows whether it arrived.
    if (method === "POST") headers["idempotency-key"] ??= crypto.randomUUID();
    const isRehearsed = this.#dryRun && !["GET", "HEAD", "OPTIONS"].includes(method);
    if (isRehearsed) headers[this.#dryRunHeader] = "true";
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) parameters.set(name, String(value));
    }
    const search = parameters.size > 0 ? `?${parameters}` : "";
    const body = json === undefined ? undefined : JSON.stringify(json);
    const sendWith = ({ token, baseUrl }: { token: string; baseUrl: string }): Promise<Answer> => {
      const url = baseUrl + path + search;
      const all = { ...headers, authorization: `Bearer ${token}` };
      return this.#transport.send({ method, url, headers: all, body, timeout, signal });
    };

    const access = await this.#login.access();
    let answer = await sendWith(access);
    if (answer.status === 401) {
      // It may have been revoked, or the server's clock be another: one more login, not two.
      const another = await this.#login.renew(access.token);
      if (another) answer = await sendWith(another);
    }
    const { status, text, retryAfter } = answer;
    // The first try removed it, and its answer was lost.
    const isGone = method === "DELETE" && status === 404 && answer.tries > 1;
    if (!(status >= 200 && status < 300) && !isGone) {
      throw apiError(status, text, {
        retryAfter,
        requestId: answer.headers.get("x-request-id") ?? undefined,
      });
    }
    if (isRehearsed && answer.headers.get(this.#dryRunHeader)?.toLowerCase() !== "true") {
      throw new DryRunIgnored(`${method} ${path}: the answer lacks the header ${this.#dryRunHeader}`);
    }
    return answer;
  }
}

function loginOf(options: KopplaOptions, transport: Transport): Login {
  const { token, clientId, totp, totpSecret, scope } = options;
  const url = options.url.replace(/\/+$/, "");
  const baseUrl = options.baseUrl?.replace(/\/+$/, "");
  if (clientId === undefined) return new ApiToken({ token, baseUrl: baseUrl ?? url });
  return new AccessTokens(transport, { url, clientId, token, totp, totpSecret, scope, baseUrl });
}
