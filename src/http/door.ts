/** What is done with every request before it is looked at, and with every answer before it leaves. */
import type { Elysia } from "elysia";

import { withoutBase } from "../listen-on/base-path.ts";

type Wrapper = Parameters<Elysia["wrap"]>[0];

/** Routes and whatever looks at paths see them without the base path. @param base  such as `/koppla` */
export function underBase(base: string): Wrapper {
  return (handler, request) => {
    withoutBase(request, base);
    return handler;
  };
}

/**
 * Tells browsers to use HTTPS alone (RFC 6797). Over plain HTTP they do not believe it (8.1), so it does no harm there.
 * @param maxAge  ms
 */
export function strictTransport(maxAge: number): Wrapper {
  const value = `max-age=${Math.floor(maxAge / 1_000)}`;
  return (handler) => {
    const marked = async (request: Request): Promise<Response> => {
      const response: unknown = await handler(request);
      if (!(response instanceof Response)) throw new Error("a handler gave no response");
      response.headers.set("strict-transport-security", value);
      return response;
    };
    return marked;
  };
}
