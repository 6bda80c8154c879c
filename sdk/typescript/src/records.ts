/** Records of a type: read, made, changed and removed. */
import type { Schemas } from "./api.ts";
import type { Koppla, Query } from "./client.ts";
import { timeOf } from "./times.ts";

export type Json = Record<string, unknown>;
export type Id = string | number;

/** What `koppla-types` writes of a server's types. */
export type TypesOf<T> = { [K in keyof T]: { record: object; input: object } };
/** Records of which nothing is known. */
export type AnyTypes = Record<string, { record: Json & { id: Id; _meta: Schemas["Meta"] }; input: Json }>;

export type PushResult = Schemas["PushResult"];

export interface ListOptions {
  /** Such as `{ city: "Umeå" }`, by fields that the type can be filtered by. */
  filter?: Record<string, string | number | boolean>;
  /** A field; `-field` turns it round. */
  sort?: string;
  modifiedSince?: Date | string;
}

export interface Page<R> {
  items: R[];
  next_cursor: string | null;
}

/** Something that holds records to send. */
type Several<I> = Iterable<I> | AsyncIterable<I>;

export class Records<R extends object, I extends object> {
  readonly #koppla: Koppla<never>;
  readonly #path: string;

  constructor(koppla: Pick<Koppla<never>, "request" | "items">, type: string) {
    this.#koppla = koppla as Koppla<never>;
    this.#path = `/api/v1/${encodeURIComponent(type)}`;
  }

  /** Every record, page by page: at most a page of them is held. */
  all({ pageSize = 500, ...list }: ListOptions & { pageSize?: number } = {}): AsyncGenerator<R> {
    return this.#koppla.items<R>(this.#path, { ...queryOf(list), limit: pageSize });
  }

  /** One page. `cursor` is the `next_cursor` of the one before. */
  async page({
    limit = 50,
    cursor,
    ...list
  }: ListOptions & { limit?: number; cursor?: string | null } = {}): Promise<Page<R>> {
    return await this.#json<Page<R>>("GET", this.#path, { query: { ...queryOf(list), limit, cursor } });
  }

  /** @throws NotFound */
  async get(id: Id): Promise<R> {
    return await this.#json<R>("GET", this.#one(id));
  }

  /** A new record. @throws Conflict where there is one with its id, Invalid */
  async create(record: I): Promise<R> {
    return await this.#json<R>("POST", this.#path, { json: record });
  }

  /** Makes the record, or replaces it. `ifMatch` is an {@link etag}. */
  async put(id: Id, record: I, { ifMatch }: { ifMatch?: string } = {}): Promise<R> {
    return await this.#json<R>("PUT", this.#one(id), { json: record, headers: conditionOf(ifMatch) });
  }

  /** Changes the members that are given; null removes one (JSON merge patch). */
  async patch(
    id: Id,
    changes: { [K in keyof I]?: I[K] | null },
    { ifMatch }: { ifMatch?: string } = {},
  ): Promise<R> {
    return await this.#json<R>("PATCH", this.#one(id), { json: changes, headers: conditionOf(ifMatch) });
  }

  /** @throws NotFound */
  async remove(id: Id, { ifMatch }: { ifMatch?: string } = {}): Promise<void> {
    await this.#koppla.request("DELETE", this.#one(id), { headers: conditionOf(ifMatch) });
  }

  /** The version of a record, for `ifMatch`: nobody else's change is overwritten. */
  async etag(id: Id): Promise<string> {
    return (await this.#koppla.request("HEAD", this.#one(id))).headers.get("etag") ?? "";
  }

  /**
   * Makes or replaces up to 10 000 records in one transaction: all or none, unless `onError` is `skip`.
   * @returns what became of each, in their order
   * @throws Invalid where one is wrong
   */
  async push(records: readonly I[], { onError }: { onError?: "stop" | "skip" } = {}): Promise<PushResult[]> {
    const query = { on_error: onError };
    const { results } = await this.#json<Schemas["PushResults"]>("POST", this.#path, {
      query,
      json: records,
    });
    return results;
  }

  /** As {@link push}, for any number: `size` of them in a transaction, sent as the results are read. */
  async *pushAll(
    records: Several<I>,
    { size = 1000, onError }: { size?: number; onError?: "stop" | "skip" } = {},
  ): AsyncGenerator<PushResult> {
    const options = onError === undefined ? {} : { onError };
    let chunk: I[] = [];
    for await (const record of records) {
      chunk.push(record);
      if (chunk.length < size) continue;
      yield* await this.push(chunk, options);
      chunk = [];
    }
    if (chunk.length > 0) yield* await this.push(chunk, options);
  }

  #one(id: Id): string {
    return `${this.#path}/${encodeURIComponent(String(id))}`;
  }

  async #json<A>(
    method: string,
    path: string,
    options: Parameters<Koppla<never>["request"]>[2] = {},
  ): Promise<A> {
    const { text } = await this.#koppla.request(method, path, options);
    return JSON.parse(text) as A;
  }
}

function conditionOf(etag: string | undefined): Record<string, string> {
  return etag === undefined ? {} : { "if-match": etag };
}

function queryOf({ filter = {}, sort, modifiedSince }: ListOptions): Query {
  const fields = Object.entries(filter).map(([name, value]) => [`filter[${name}]`, value] as const);
  return {
    ...Object.fromEntries(fields),
    sort,
    modified_since: modifiedSince === undefined ? undefined : timeOf(modifiedSince),
  };
}
