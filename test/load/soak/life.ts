/** What goes on beside the pushes and reads of a soak: partners in trouble, imports, a console that is open. */
import type { Koppla } from "../lib/koppla.ts";
import { TYPE } from "../lib/koppla.ts";

/** Partners that answer 500, that never answer, and one that is down every other minute. */
export class Troublemakers {
  readonly #hang = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  readonly #fail = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0 },
    fetch: () => new Response(null, { status: 500 }),
  });
  readonly #flap = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0 },
    fetch: async (request) => {
      await request.bytes();
      return new Response(null, { status: Math.floor(Date.now() / 60_000) % 2 === 0 ? 204 : 503 });
    },
  });

  /** Makes receivers that keep trying, however often it fails. */
  async receivers(koppla: Koppla): Promise<void> {
    const urls = [
      ...[1, 2, 3].map((number) => `http://127.0.0.1:${this.#fail.port}/${number}`),
      ...[1, 2].map((number) => `http://127.0.0.1:${this.#hang.port}/${number}`),
      `http://127.0.0.1:${this.#flap.port}/`,
    ];
    for (const [number, url] of urls.entries()) {
      await koppla.api("POST", "/api/v1/receivers", 201, {
        ...{ name: `In trouble ${number}`, url, topics: ["*"], account_id: koppla.account.client_id },
        retry: { steps: ["1s", "5s", "10s"], then: "repeat" },
      });
    }
  }

  stop(): void {
    this.#hang.stop(true);
    void this.#fail.stop(true);
    void this.#flap.stop(true);
  }
}

interface Operation {
  id: string;
  status: string;
  message: string;
}

/** Imports a file of rows, other values each time, and waits for its end. @returns ms that it took */
export async function importRows(
  koppla: Koppla,
  first: number,
  rows: number,
  value: number,
): Promise<number> {
  const begun = performance.now();
  const lines = Array.from({ length: rows }, (_, at) => {
    return JSON.stringify({ id: first + at, name: `Row ${at}`, quantity: value, city: "Umeå" });
  });
  const answer = await fetch(`http://127.0.0.1:${koppla.port}/api/v1/${TYPE}/import`, {
    method: "POST",
    headers: { authorization: `Bearer ${koppla.account.token}`, "content-type": "application/x-ndjson" },
    body: lines.join("\n"),
  });
  if (answer.status !== 202)
    throw new Error(`an import was answered ${answer.status} ${await answer.text()}`);
  let operation = (await answer.json()) as Operation;
  while (operation.status === "IN_PROGRESS")
    operation = await koppla.api("GET", `/api/v1/operations/${operation.id}?wait=30`, 200);
  if (operation.status !== "SUCCESS") throw new Error(`an import failed: ${operation.message}`);
  return performance.now() - begun;
}

/** What a console asks for while its overview and its log stand open. */
export class OpenConsole {
  /** Events of the overview's stream; pages of the log. */
  events = 0;
  pages = 0;
  readonly #ending = new AbortController();
  #streaming: Promise<void> = Promise.resolve();
  #polling: Promise<void> = Promise.resolve();

  /** @param failed  told when the stream ends or a page is not answered */
  start(koppla: Koppla, failed: (error: unknown) => void): void {
    const unless = (error: unknown) => {
      if (!this.#ending.signal.aborted) failed(error);
    };
    this.#streaming = this.#stream(koppla).catch(unless);
    this.#polling = this.#poll(koppla).catch(unless);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await Promise.all([this.#streaming, this.#polling]);
  }

  async #stream(koppla: Koppla): Promise<void> {
    const { signal } = this.#ending;
    const answer = await fetch(`http://127.0.0.1:${koppla.port}/api/v1/overview/stream`, {
      ...{ signal, headers: { authorization: `Bearer ${koppla.account.token}` } },
    });
    if (!answer.ok || !answer.body) throw new Error(`the overview was answered ${answer.status}`);
    const decoder = new TextDecoder();
    for await (const chunk of answer.body)
      this.events += decoder.decode(chunk, { stream: true }).split("event: overview").length - 1;
    throw new Error("the overview's stream has ended");
  }

  async #poll(koppla: Koppla): Promise<void> {
    for (let turn = 0; !this.#ending.signal.aborted; turn++) {
      const filter = ["", "&status=retrying", "&status=failed", "&topic=Items.Update"][turn % 4] ?? "";
      await koppla.api("GET", `/api/v1/deliveries?limit=50${filter}`, 200);
      this.pages++;
      await Bun.sleep(2_000);
    }
  }
}
