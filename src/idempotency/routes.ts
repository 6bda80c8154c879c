/** Routes whose requests may bear an `Idempotency-Key`: `once(handler)`. Who sends none notices nothing of it. */
import { actorName, type Principal, subjectName } from "../accounts/principal.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type BodyLimits, readBytes } from "../http/json.ts";
import { empty, json } from "../http/respond.ts";
import type { KeptAnswer } from "./claim.ts";
import { type Idempotency, type KeyOwner, keyOf } from "./service.ts";

/** What such a route may ask of Elysia. */
interface Context<P> {
  request: Request;
  params: P;
  server: { timeout(request: Request, seconds: number): void } | null;
}

type Handler<P> = (context: Context<P>) => Promise<Response>;

/** Makes a route's handler one whose work is done once for each key. */
export type Once = <P>(handler: Handler<P>) => Handler<P>;

/** Stands in an answer that was given before. */
const REPLAYED = { "idempotency-replayed": "true" };
/** What is of the one request, or of how its answer was sent. */
const NOT_KEPT = new Set(["x-request-id", "content-encoding", "content-length", "vary", "date"]);

export class IdempotentRoutes {
  readonly #idempotency: Idempotency;
  readonly #authenticate: Authenticate;
  readonly #limits: BodyLimits;
  /** A proof of possession is good once: who was let in is not asked again. */
  readonly #principals = new WeakMap<Request, Principal>();
  /** How many requests with a key are under way: with none, nobody is looked for. */
  #open = 0;

  constructor(collaborators: { idempotency: Idempotency; authenticate: Authenticate; limits: BodyLimits }) {
    this.#idempotency = collaborators.idempotency;
    this.#authenticate = collaborators.authenticate;
    this.#limits = collaborators.limits;
  }

  /** As the one it was made with, which is asked once for each request. */
  readonly authenticate: Authenticate = (request) =>
    (this.#open > 0 ? this.#principals.get(request) : undefined) ?? this.#authenticate(request);

  // Elysia reads in a handler's source what it needs: of a context that is passed on as a whole it would take the body.
  readonly once: Once =
    (handler) =>
    ({ request, params, server }) => {
      const key = keyOf(request.headers);
      const handle = () => handler({ request, params, server });
      return key === undefined ? handle() : this.#run(key, request, handle);
    };

  async #run(key: string, request: Request, handle: () => Promise<Response>): Promise<Response> {
    this.#open++;
    try {
      const principal = await this.#authenticate(request);
      this.#principals.set(request, principal);
      // Read once more by the handler.
      const body = await readBytes(request.clone() as Request, this.#limits);
      const fingerprint = this.#idempotency.fingerprint(request, body);
      return await answerOnce(this.#idempotency, ownerOf(principal), key, { request, fingerprint }, handle);
    } finally {
      this.#open--;
    }
  }
}

/**
 * As {@link IdempotentRoutes.once}, for a route that knows itself who asks and what the request says.
 * @param said  all of it, as text
 */
export async function onceFor(
  idempotency: Idempotency,
  { request, principal, said }: { request: Request; principal: Principal; said: () => string },
  handle: () => Promise<Response>,
): Promise<Response> {
  const key = keyOf(request.headers);
  if (key === undefined) return await handle();
  const fingerprint = idempotency.fingerprint(request, said());
  return await answerOnce(idempotency, ownerOf(principal), key, { request, fingerprint }, handle);
}

export function ownerOf(principal: Principal): KeyOwner {
  const actor = actorName(principal);
  const subject = subjectName(principal);
  return {
    organisationId: principal.organisation.id,
    subject: actor === null ? subject : `${actor} as ${subject}`,
  };
}

/** Has `handle` answer the request, or answers as it was answered before. Only what succeeded is kept. */
export async function answerOnce(
  idempotency: Idempotency,
  owner: KeyOwner,
  key: string,
  { request, fingerprint }: { request: Request; fingerprint: string },
  handle: () => Promise<Response>,
): Promise<Response> {
  const { claim, answer } = await idempotency.begin(owner, key, fingerprint);
  if (answer) return replay(request, answer);
  let response: Response;
  try {
    response = await claim.around(handle);
  } catch (error) {
    await claim.release();
    throw error;
  }
  if (response.ok) await claim.settle(await kept(response));
  else await claim.release();
  return response;
}

/** An answer once more. */
export function replay(request: Request, { headers, ...answer }: KeptAnswer): Response {
  return given(request, { ...answer, headers: { ...headers, ...REPLAYED } });
}

/** An answer that could be kept. */
export function given(request: Request, { status, headers, body }: KeptAnswer): Response {
  return body === null ? empty(request, status, headers) : json(request, body, status, headers);
}

async function kept(response: Response): Promise<KeptAnswer> {
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !NOT_KEPT.has(name)));
  const bytes = new Uint8Array(await response.clone().arrayBuffer());
  const encoding = response.headers.get("content-encoding");
  const plain =
    encoding === "zstd" ? Bun.zstdDecompressSync(bytes) : encoding === "gzip" ? Bun.gunzipSync(bytes) : bytes;
  const body = plain.byteLength === 0 ? null : new TextDecoder().decode(plain);
  return { status: response.status, headers, body };
}
