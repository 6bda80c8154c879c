/** `Dry-Run: true`: the request is checked and answered as if done, and nothing of it lasts (`rehearsal.ts`). */
import type { Elysia } from "elysia";

import { Problem } from "../problem.ts";
import { rehearse } from "../rehearsal.ts";
import { problem } from "./respond.ts";

type Wrapper = Parameters<Elysia["wrap"]>[0];
type Handle = (request: Request) => Promise<Response>;

/** Logins, tokens and pages for people are what they are: they are no part of what can be tried out. */
const TRIED_OUT = /^\/(api|webmessages)(\/|$)/;
/** It changes nothing, and a one-time code that was shown is used up. */
const NEVER = /^\/api\/public\/userlogin\/?$/i;
/** A browser's login: what hangs on it cannot be undone by halves, so it is not done at all. */
const REFUSED = /^\/api\/v1\/(?:session|setup)(?:\/|$)/;
const CHANGES = new Set(["POST", "PUT", "PATCH", "DELETE"]);
/** By GET where the YAML allows it. */
const ADD = /^\/api\/public\/[^/]+\/add\/?$/i;

/**
 * @param names  of the header, all of which mean the same; what was sent stands in the answer, too
 * @returns what Elysia wraps its handlers in: a request with the header is rehearsed, all others are handled as ever
 */
export function dryRuns(names: readonly string[]): Wrapper {
  return (handler, request) => {
    const name = names.find((one) => request.headers.has(one));
    if (name === undefined) return handler;
    // Elysia's type says that a handler returns a function.
    const handle = async (asked: Request): Promise<Response> => {
      const response: unknown = await handler(asked);
      if (!(response instanceof Response)) throw new Error("a handler gave no response");
      return response;
    };
    return (asked: Request) => answer(handle, asked, name);
  };
}

async function answer(handle: Handle, request: Request, name: string): Promise<Response> {
  const value = request.headers.get(name)?.trim().toLowerCase();
  if (value !== "true" && value !== "false") {
    return problem(request, new Problem("malformed", `${name} must be true or false.`));
  }
  if (value === "true" && CHANGES.has(request.method) && REFUSED.test(new URL(request.url).pathname)) {
    return problem(request, new Problem("malformed", `Logins cannot be tried out: send it without ${name}.`));
  }
  if (value === "false" || !mayBeTriedOut(request)) return await handle(request);
  const response = await rehearse(() => handle(request));
  response.headers.set(name, "true");
  return response;
}

function mayBeTriedOut({ method, url }: Request): boolean {
  const { pathname } = new URL(url);
  if (NEVER.test(pathname) || !TRIED_OUT.test(pathname)) return false;
  return CHANGES.has(method) || ADD.test(pathname);
}
