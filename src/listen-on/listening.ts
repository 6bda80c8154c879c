/** Where the server listens: an address or a socket in the file system, with a certificate or without. */
import type { AnyElysia } from "elysia";

import type { Clock } from "../clock.ts";
import { fileError } from "../config/errors.ts";
import type { Config, ListenAddress, TcpAddress, TlsFiles } from "../config/types.ts";
import type { PeerSource } from "../http/client-address.ts";
import type { Logger } from "../log.ts";
import { type Certificate, CertificateError, readCertificate } from "../tls/certificate.ts";
import type { CertificateWatch } from "../tls/watch.ts";
import { IDLE_SECONDS, Listeners, type Server } from "./listeners.ts";
import { listenForRedirect, type RedirectListener } from "./redirect.ts";
import { claimSocket, openTo, privately } from "./unix-socket.ts";
import { type Answer, Vestibule } from "./vestibule.ts";

export interface ListenOptions {
  config: Config["server"];
  /** With the free port that was taken for port 0. */
  listen: ListenAddress;
  publicUrl: string;
  clock: Clock;
  log: Logger;
}

/** Who answers. */
interface Handlers {
  fetch: Answer;
  routes: Record<string, Record<string, Answer>>;
}

export class Listening {
  readonly #o: ListenOptions;
  readonly #listeners = new Listeners();
  readonly #vestibule: Vestibule;
  #handlers: Handlers;
  #app: AnyElysia | undefined;
  #watch: CertificateWatch | undefined;
  #redirect: RedirectListener | undefined;

  private constructor(options: ListenOptions) {
    this.#o = options;
    this.#vestibule = new Vestibule(options.config.basePath);
    this.#handlers = { fetch: this.#vestibule.answer, routes: {} };
  }

  /**
   * Begins to listen. What is asked waits until {@link serve} says who answers.
   * @throws ConfigError for a certificate, Problem `conflict` for a socket, or what the system says of an address
   */
  static async open(options: ListenOptions): Promise<Listening> {
    const listening = new Listening(options);
    try {
      await listening.#open();
    } catch (error) {
      await listening.close();
      throw error;
    }
    return listening;
  }

  /** From now on `app` answers. */
  async serve(app: AnyElysia): Promise<void> {
    // It brings Elysia along, for which nobody has to wait who asks whether the server is up.
    const { nativeRoutes } = await import("./native-routes.ts");
    this.#app = app;
    this.#handlers = { fetch: app.fetch, routes: nativeRoutes(app) };
    app.server = this.#listeners.newest;
    app.server.reload(this.#handlers);
    this.#vestibule.open(app.fetch);
  }

  /** Such as `https://127.0.0.1:8443`, or `unix:/run/koppla/koppla.sock`. */
  get url(): string {
    const { listen, config } = this.#o;
    if ("unix" in listen) return `unix:${listen.unix}`;
    const { hostname, port } = this.#listeners.newest;
    return `${config.tls ? "https" : "http"}://${hostname}:${port}`;
  }

  /** Whom requests come from. Over a socket it is whoever may open it: a proxy on this machine. */
  get peers(): PeerSource {
    if ("unix" in this.#o.listen) return { requestIP: () => null, onSocket: true };
    return { requestIP: (request) => this.#listeners.newest.requestIP(request) };
  }

  /** The certificate in use, where there is one. */
  get certificate(): Certificate | undefined {
    return this.#watch?.current;
  }

  /** Undefined for a socket in the file system. */
  get port(): number | undefined {
    return this.#listeners.newest.port;
  }

  closeIdle(): number {
    return this.#listeners.closeIdle();
  }

  /**
   * Reads the certificate anew, from other files where the configuration names others.
   * @throws CertificateError where it cannot be used: the old one stays
   */
  async reload({ tls }: Pick<Config["server"], "tls">): Promise<void> {
    if (tls) await this.#watch?.reload(tls);
  }

  async #open(): Promise<void> {
    const { config, listen, publicUrl, log } = this.#o;
    if ("unix" in listen) await this.#onSocket(listen.unix);
    else if (config.tls) await this.#withCertificate(listen, config.tls);
    else this.#onPort(listen, undefined);
    if (!config.httpRedirect) return;
    this.#redirect = listenForRedirect(config.httpRedirect, publicUrl);
    log.info("redirecting to https", { url: this.#redirect.url });
  }

  async #onSocket(unix: string): Promise<void> {
    await claimSocket(unix);
    privately(() => this.#listeners.add(this.#listen({ unix })));
    openTo(unix, this.#o.config.socketMode);
  }

  #onPort(listen: TcpAddress, certificate: Certificate | undefined): void {
    this.#listeners.add(this.#listen({ ...listen, ...(certificate && withTls(certificate)) }));
  }

  async #withCertificate(listen: TcpAddress, files: TlsFiles): Promise<void> {
    const { clock, log } = this.#o;
    const current = first(files);
    // Several may listen there (below), but no other program's.
    claimPort(listen);
    this.#onPort(listen, current);
    const swap = (next: Certificate) => {
      const server = this.#listen({ ...listen, ...withTls(next) });
      const fetch: Answer = (request) => this.#handlers.fetch(request);
      this.#listeners.replace(server, { port: listen.port, fetch });
      return Promise.resolve();
    };
    const { CertificateWatch } = await import("../tls/watch.ts");
    this.#watch = new CertificateWatch({ ...{ files, current, clock, log, swap } });
    await this.#watch.start();
  }

  #listen(where: Where): Server {
    const options = {
      // A second copy on the same port must fail, not take half of the requests.
      reusePort: false,
      // Bodies are limited where they are read (json.ts), so that the answer is a problem; Bun's own has no body.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      idleTimeout: IDLE_SECONDS,
      development: false,
      ...this.#handlers,
      ...where,
    };
    // Connections on a socket in the file system are closed when they are idle, too, which Bun's types do not know.
    const server = Bun.serve(options as Bun.Serve.Options<undefined>);
    if (this.#app) this.#app.server = server;
    return server;
  }

  /** No new requests; those that come on open connections are answered by `answer`. */
  refuse(answer: (request: Request) => Response): void {
    this.#listeners.refuse(answer);
  }

  /** Resolves when every request under way has been answered, at the latest after `ms`. */
  drained(ms: number): Promise<void> {
    return this.#listeners.drained(ms);
  }

  async close(): Promise<void> {
    await this.#watch?.stop();
    await this.#redirect?.stop();
    await this.#listeners.close();
  }
}

type Where = (TcpAddress & Partial<ReturnType<typeof withTls>>) | { unix: string };

function withTls({ cert, key }: Certificate) {
  return { tls: { cert, key }, reusePort: true };
}

function first(files: TlsFiles): Certificate {
  try {
    return readCertificate(files);
  } catch (error) {
    if (error instanceof CertificateError) throw fileError(files[error.part], error.message);
    throw error;
  }
}

/** @throws what the system says where something listens there already */
function claimPort({ hostname, port }: TcpAddress): void {
  // By `serve`, whose error names the port.
  void Bun.serve({ hostname, port, reusePort: false, fetch: () => new Response() }).stop(true);
}

/** A port that nothing listened on a moment ago. */
export function freePort(hostname: string): number {
  const probe = Bun.listen({ hostname, port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop(true);
  return port;
}
