/** What a partner's program holds: a token of one organisation's account, and the calls made with it. */
export interface ApiInit extends Omit<RequestInit, "headers"> {
  headers?: Record<string, string>;
  /** Sent as the body with `content-type: application/json`. */
  json?: unknown;
}

export class Partner {
  constructor(
    private readonly server: { readonly url: string },
    readonly organisation: string,
    readonly token: string,
    readonly clientId: string,
  ) {}

  /** The same account, calling another server. */
  at(server: { readonly url: string }): Partner {
    return new Partner(server, this.organisation, this.token, this.clientId);
  }

  /** `path` is relative to the server's URL, such as `/api/v1/trainings`. */
  api(path: string, init: ApiInit = {}): Promise<Response> {
    const { json, headers, ...rest } = init;
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    return fetch(this.server.url + path, {
      ...rest,
      ...body,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
    });
  }

  get = (path: string, headers: Record<string, string> = {}) => this.api(path, { headers });
  post = (path: string, json: unknown, headers: Record<string, string> = {}) =>
    this.api(path, { method: "POST", json, headers });
  put = (path: string, json: unknown, headers: Record<string, string> = {}) =>
    this.api(path, { method: "PUT", json, headers });
  patch = (path: string, json: unknown, headers: Record<string, string> = {}) =>
    this.api(path, { method: "PATCH", json, headers });
  delete = (path: string, headers: Record<string, string> = {}) =>
    this.api(path, { method: "DELETE", headers });

  /** GETs and parses a JSON answer; anything but 200 fails the test with what the server said. */
  async read<T>(path: string): Promise<T> {
    const response = await this.api(path);
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    const body: T = JSON.parse(await response.text());
    return body;
  }

  /** Sends `json` and answers the parsed body; a status other than `expected` fails the test. */
  async send<T>(method: string, path: string, json: unknown, expected: number): Promise<T> {
    const response = await this.api(path, { method, json });
    if (response.status !== expected)
      throw new Error(`${method} ${path}: ${response.status}, not ${expected}: ${await response.text()}`);
    const body: T = JSON.parse(await response.text());
    return body;
  }
}
