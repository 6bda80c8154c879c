/**
 * What answers while the server is being made. It listens as soon as its configuration is read, so that nobody who asks
 * meanwhile is turned away: a start takes a tenth of a second, and minutes where it migrates a large database.
 *
 * `/healthz` says at once that the process is up, and `/readyz` that it is not ready. Everything else waits until the
 * application is there, for a while.
 */
import { json, problem } from "../http/respond.ts";
import { Problem } from "../problem.ts";

export type Answer = (request: Request) => Response | Promise<Response>;

/** How long a request waits, ms: less than callers' own patience, mostly, and than a silent connection is kept. */
const PATIENCE_MS = 10_000;
/** That many wait; those beyond are told at once. */
const SEATS = 1_000;
/** Nobody limits yet what is sent: larger bodies, and those of unknown length, are not waited for, bytes. */
const LARGEST = 65_536;

const OK = JSON.stringify({ status: "ok" });

export class Vestibule {
  readonly #basePath: string;
  readonly #opened = Promise.withResolvers<Answer>();
  #waiting = 0;

  /** @param basePath  such as `/koppla`; "" for none */
  constructor(basePath: string) {
    this.#basePath = basePath;
  }

  /** From now on `app` answers, those who have waited first. */
  open(app: Answer): void {
    this.#opened.resolve(app);
  }

  readonly answer: Answer = (request) => {
    const path = pathOf(request.url, this.#basePath);
    if (path === "/healthz" && ["GET", "HEAD"].includes(request.method)) return json(request, OK);
    return path === "/readyz" ? starting(request) : this.#wait(request);
  };

  async #wait(request: Request): Promise<Response> {
    if (this.#waiting >= SEATS || !isSmall(request)) return starting(request);
    this.#waiting++;
    const { promise: tired, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, PATIENCE_MS, undefined);
    timer.unref();
    const app = await Promise.race([this.#opened.promise, tired]);
    clearTimeout(timer);
    this.#waiting--;
    return app ? await app(request) : starting(request);
  }
}

function starting(request: Request): Response {
  return problem(
    request,
    new Problem("unavailable", "The server is starting.", { headers: { "retry-after": "1" } }),
  );
}

function isSmall({ headers }: Request): boolean {
  return !headers.has("transfer-encoding") && Number(headers.get("content-length") ?? 0) <= LARGEST;
}

/** The request stays as it is: the application takes the base path away itself. */
function pathOf(url: string, basePath: string): string {
  // The host begins after `http://` or `https://`.
  const begin = url.indexOf("/", 8);
  const end = url.indexOf("?", begin);
  const path = url.slice(begin, end === -1 ? undefined : end);
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path;
}
