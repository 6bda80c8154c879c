/** An Open-E that the tests script: it records what arrives at its message service, and answers as told. */
export interface OpenECall {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export type OpenEAnswer = Response | Promise<Response>;

const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
const CALLBACK = "http://www.oeplatform.org/version/1.0/schemas/integration/callback";

/** An envelope as JAX-WS writes it, with a prefix of its own. */
export const envelope = (body: string) =>
  `<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S="${SOAP}"><S:Body>${body}</S:Body></S:Envelope>`;

export const xml = (text: string, status = 200) =>
  new Response(text, { status, headers: { "content-type": "text/xml; charset=utf-8" } });

/** It was taken. */
export const taken = (id: number | string = 151) =>
  xml(envelope(`<addMessageResponse xmlns="${CALLBACK}"><messageID>${id}</messageID></addMessageResponse>`));

/** A fault with a name of its own in its detail. */
export const fault = (name: string | null, text: string, status = 500) => {
  const detail = name === null ? "" : `<detail><${name} xmlns="${CALLBACK}"/></detail>`;
  return xml(
    envelope(
      `<S:Fault xmlns:ns4="http://www.w3.org/2003/05/soap-envelope"><faultcode>S:Server</faultcode><faultstring>${text}</faultstring>${detail}</S:Fault>`,
    ),
    status,
  );
};

/** Bodies beyond it are counted, and not kept. */
const LARGE = 50_000_000;

async function sizeOf(request: Request): Promise<number> {
  let size = 0;
  const body = request.body as (ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>) | null;
  if (body) for await (const piece of body) size += piece.byteLength;
  return size;
}

export class ScriptedOpenE {
  readonly calls: OpenECall[] = [];
  /** Called when a call's headers have come, and nothing of its body has been read. */
  begun: () => void = () => {};
  #answer: (call: OpenECall, number: number) => OpenEAnswer = () => taken();
  readonly #server: Bun.Server<undefined>;
  readonly #waiting = new Set<() => void>();

  constructor(tls?: { cert: string; key: string }) {
    this.#server = Bun.serve({
      ...{ port: 0, hostname: "127.0.0.1", idleTimeout: 0, maxRequestBodySize: 2 ** 30 },
      ...(tls && { tls }),
      fetch: async (request) => {
        this.begun();
        const headers = Object.fromEntries(request.headers);
        const isLarge = Number(headers["content-length"]) > LARGE;
        const body = isLarge ? `${await sizeOf(request)} bytes` : await request.text();
        const call = { path: new URL(request.url).pathname, headers, body };
        this.calls.push(call);
        for (const check of [...this.#waiting]) check();
        return await this.#answer(call, this.calls.length);
      },
    });
  }

  url(path = "/ws"): string {
    return `${this.#server.url.protocol}//127.0.0.1:${this.#server.port}${path}`;
  }

  /** What coming calls are answered. */
  script(answer: (call: OpenECall, number: number) => OpenEAnswer): void {
    this.#answer = answer;
  }

  /** The nth call (from 1), now or when it comes. */
  nth(number: number, limitMs = 10_000): Promise<OpenECall> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const call = this.calls[number - 1];
        if (!call) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(call);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`call ${number} did not come; there were ${this.calls.length}`));
      }, limitMs);
      this.#waiting.add(check);
      check();
    });
  }

  async stop(): Promise<void> {
    await this.#server.stop(true);
  }
}
