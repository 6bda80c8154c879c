/** The demo's line-of-business system: it calls the HTTP API as any other would. */

/** What a push of a list is answered, per record. */
interface PushAnswer {
  results: { id: string | number; status: "created" | "updated" | "unchanged" | "rejected" }[];
}

export class DemoClient {
  /**
   * @param url  the server's, without a slash at its end
   * @param signal  ends calls in flight
   */
  constructor(
    readonly url: string,
    readonly token: string,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Calls `/api/v1/<path>` and gives the parsed answer, null where it has no body.
   *
   * @throws Error with the server's explanation when it refuses
   */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: this.signal,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} /api/v1/${path} was answered ${response.status}: ${text}`);
    return JSON.parse(text === "" ? "null" : text);
  }

  /** Pushes records in lists of `size`, telling after each list how many the server has taken. */
  async push(
    type: string,
    records: readonly object[],
    size: number,
    onTaken: (count: number) => void,
  ): Promise<void> {
    for (let from = 0; from < records.length; from += size) {
      const list = records.slice(from, from + size);
      const { results } = await this.call<PushAnswer>("POST", type, list);
      const taken = results.filter((result) => result.status === "created").length;
      if (taken !== list.length) throw new Error(`of ${list.length} ${type} only ${taken} were created`);
      onTaken(taken);
    }
  }
}

/** A command line that a reader can paste into a POSIX shell. */
export function curlLine(call: { method: string; url: string; token: string; body?: object }): string {
  const parts = ["curl -sS"];
  if (call.method !== "GET") parts.push(`-X ${call.method}`);
  parts.push(quote(call.url), `-H ${quote(`Authorization: Bearer ${call.token}`)}`);
  if (call.body)
    parts.push(`-H ${quote("Content-Type: application/json")}`, `-d ${quote(JSON.stringify(call.body))}`);
  return parts.join(" ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
