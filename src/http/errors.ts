/** The one place where what was thrown becomes an answer. */
import type { Logger } from "../log.ts";
import { Problem } from "../problem.ts";
import { problem as rfc9457, requestId } from "./respond.ts";

/** A path that no route has, found out inside of one (`/api/v1/{type}` with a type that does not exist). */
export class UnknownRoute extends Error {
  override readonly name = "UnknownRoute";
}

/** Paths whose clients know errors in another shape than RFC 9457's. */
export interface ErrorShape {
  /** What the paths begin with. */
  prefix: string;
  answer: (request: Request, error: Problem) => Response;
}

/** Elysia's routes, as far as they are needed to tell 404 from 405. */
export interface RouteTable {
  routes: readonly { method: string; path: string }[];
}

interface CompiledRoute {
  method: string;
  pattern: RegExp;
  /** Whether any type name fits it. */
  generic: boolean;
}

/** What tells a problem as its path's clients know errors. @param shapes  the first that fits; none: RFC 9457 */
export function inShapeOf(shapes: readonly ErrorShape[]): (request: Request, error: Problem) => Response {
  return (request, error) => {
    const { pathname } = new URL(request.url);
    const shape = shapes.find(({ prefix }) => pathname.startsWith(prefix));
    return shape ? shape.answer(request, error) : rfc9457(request, error);
  };
}

/**
 * Turns whatever a handler threw into an answer; what is not a {@link Problem} is logged and told as 500.
 * @param note  writes a denial to the audit log, before it is answered; undefined where the error is none
 * @param shapes  of the paths that have their own; the first that fits
 */
export function errorAnswers(
  table: RouteTable,
  log: Logger,
  note: (request: Request, error: Problem) => Promise<void> | undefined,
  shapes: readonly ErrorShape[] = [],
): (request: Request, error: unknown, code: unknown) => Response | Promise<Response> {
  let compiled: CompiledRoute[] | undefined;

  const problem = inShapeOf(shapes);

  const allowed = (path: string, unknownType: boolean): string[] => {
    compiled ??= table.routes.map(({ method, path: route }) => ({
      method,
      generic: route.includes("/:type"),
      // With a slash at its end or without: the router takes both.
      pattern: new RegExp(
        `^${route
          .replace(/\/$/, "")
          .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
          .replace(/:\w+/g, "[^/]+")}/?$`,
      ),
    }));
    const fitting = compiled.filter(({ pattern }) => pattern.test(path));
    // `/api/v1/me` also fits `/api/v1/:type`, but there is no type of that name.
    const fixedOnly = unknownType || fitting.some(({ generic }) => !generic);
    const routes = fixedOnly ? fitting.filter(({ generic }) => !generic) : fitting;
    return [...new Set(routes.map(({ method }) => method))];
  };

  return (request, error, code) => {
    if (error instanceof Problem) {
      const noted = note(request, error);
      return noted ? noted.then(() => problem(request, error)) : problem(request, error);
    }
    if (code === "NOT_FOUND" || error instanceof UnknownRoute) {
      const { pathname } = new URL(request.url);
      const methods = allowed(pathname, error instanceof UnknownRoute);
      const all = new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"]);
      const allow = [...all].sort().join(", ");
      if (methods.length > 0 && request.method === "OPTIONS") {
        return new Response(null, { status: 204, headers: { allow, "x-request-id": requestId(request) } });
      }
      if (methods.length > 0 && !methods.includes(request.method)) {
        return problem(
          request,
          new Problem("method_not_allowed", `${request.method} is not possible here.`, {
            headers: { allow },
          }),
        );
      }
      const detail = error instanceof UnknownRoute ? error.message : "There is nothing at this path.";
      return problem(request, new Problem("not_found", detail));
    }
    // Nobody is there to hear it. Anybody can do that, so it is nothing to wake somebody for either.
    if (isBrokenOff(request, error)) {
      return problem(request, new Problem("malformed", "The body was broken off."));
    }
    log.error("request failed", { request_id: requestId(request), method: request.method, error });
    return problem(
      request,
      new Problem("internal", "Something went wrong here; the log has the request's id."),
    );
  };
}

/** Whether the caller hung up before all of the body had come. */
function isBrokenOff({ signal }: Request, error: unknown): boolean {
  return signal.aborted && error instanceof DOMException && error.name === "AbortError";
}
