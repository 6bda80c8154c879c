/**
 * What stands between a kit and the server: it tells what was asked for, holds requests and answers against the API
 * document, and does to a request what happens to requests on the way.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import type { Contract } from "../contract.ts";

/** What is done to the next request of a method and path. */
interface Fault {
  method: string;
  path: string;
  kind: keyof typeof kinds;
}

interface Hop {
  request: Request;
  body: string;
  forward: (headers?: Headers) => Promise<Response>;
}

const kinds = {
  /** It is carried out, and its answer is lost: the connection ends. */
  lost: async ({ forward }: Hop) => {
    await forward();
    return undefined;
  },
  /** It is not carried out; another one is to come in a second. */
  busy: async () => new Response("busy", { status: 503, headers: { "retry-after": "1" } }),
  /** It is rehearsed. */
  dry: async ({ request, body }: Hop) => {
    const asked = request.headers.get("dry-run");
    return asked === "true" ? new Response(body, { headers: { "dry-run": "true" } }) : Response.error();
  },
  /** By a server that knows no dry run. */
  old: async ({ request, forward }: Hop) => {
    const headers = new Headers(request.headers);
    headers.delete("dry-run");
    const answer = await forward(headers);
    return new Response(await answer.text(), { status: answer.status });
  },
  /** An operation is still in progress. */
  running: async ({ forward }: Hop) => {
    const operation: Record<string, unknown> = JSON.parse(await (await forward()).text());
    return Response.json({ ...operation, status: "IN_PROGRESS" });
  },
};

export class SdkProxy {
  /** Ids of the operations that were asked for. */
  readonly asked = new Set<string>();
  /** Where kit, server and document do not agree. */
  readonly disagreements: string[] = [];
  target = "";
  contract: Contract | undefined;
  /** Those that have yet to happen. */
  readonly faults: Fault[] = [];
  #grants: { client: string; type: string }[] = [];
  readonly #server: Server;

  private constructor() {
    // Node's, which can end a connection without an answer.
    this.#server = createServer((incoming, outgoing) => void this.#receive(incoming, outgoing));
  }

  static async start(): Promise<SdkProxy> {
    const proxy = new SdkProxy();
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #receive(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = incoming;
    const headers = new Headers();
    for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
    const bytes = await Array.fromAsync(incoming);
    const body = Buffer.concat(bytes).toString();
    const isRead = method === "GET" || method === "HEAD";
    const request = new Request(this.url + url, { method, headers, ...(!isRead && { body }) });
    const response = await this.#serve(request, body);
    if (!response) {
      incoming.socket.destroy();
      return;
    }
    const told = [...response.headers].filter(([name]) => !/^(transfer-encoding|connection)$/.test(name));
    outgoing.writeHead(response.status, Object.fromEntries(told));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  }

  /** @returns undefined: none, the connection ends */
  async #serve(request: Request, body: string): Promise<Response | undefined> {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/fault") {
      this.faults.push(JSON.parse(body));
      return new Response();
    }
    if (pathname === "/grants") return new Response(this.#lastGrants());
    if (pathname === "/oauth/token") this.#grants.push(grantOf(request, body));
    const forward = async (headers = new Headers(request.headers)): Promise<Response> => {
      headers.set("accept-encoding", "identity");
      headers.delete("host");
      const isRead = request.method === "GET" || request.method === "HEAD";
      const sent = { method: request.method, headers, ...(!isRead && { body }) };
      return await fetch(this.target + pathname + search, sent);
    };
    const at = this.faults.findIndex(({ method, path }) => method === request.method && path === pathname);
    const [fault] = at === -1 ? [] : this.faults.splice(at, 1);
    if (fault) return await kinds[fault.kind]({ request, body, forward });
    const response = await forward();
    await this.#compare(request, body, response.clone() as Response);
    return response;
  }

  /** Of the client that logged in last. */
  #lastGrants(): string {
    const last = this.#grants.at(-1)?.client;
    return this.#grants
      .filter(({ client }) => client === last)
      .map(({ type }) => type)
      .join(" ");
  }

  async #compare(request: Request, body: string, response: Response): Promise<void> {
    const { contract } = this;
    if (!contract) return;
    const { pathname, searchParams } = new URL(request.url);
    const method = request.method === "HEAD" ? "GET" : request.method;
    const operation = contract.operations.find(
      (one) =>
        one.method === method && new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(pathname),
    );
    if (!operation) {
      this.disagreements.push(`${method} ${pathname} is not documented`);
      return;
    }
    this.asked.add(operation.operationId);
    const known = contract.parametersOf(operation);
    for (const name of searchParams.keys()) {
      if (!known.includes(name)) this.disagreements.push(`${operation.operationId} has no parameter ${name}`);
    }
    // With `on_error` there may be in it what does not fit.
    const isRight = response.ok && !searchParams.has("on_error");
    if (body !== "" && isRight && request.headers.get("content-type") === "application/json") {
      this.disagreements.push(...contract.bodyFaults(operation, body));
    }
    if (request.method !== "HEAD") this.disagreements.push(...(await contract.faults(operation, response)));
  }
}

function grantOf(request: Request, body: string): { client: string; type: string } {
  const type = new URLSearchParams(body).get("grant_type") ?? "";
  return { client: request.headers.get("authorization") ?? "", type };
}
