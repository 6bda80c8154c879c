/** The organisations, and which of them a request is about. */
import { useQueryClient } from "@tanstack/react-query";

import { type Schemas, sendJson } from "../../api/client.ts";
import { type Session, sessionKey } from "../../session.tsx";

export type Organisation = Schemas["Organisation"] & { provisioned?: boolean };

export const organisationsKey = ["organisations"] as const;
export const oneKey = (code: string) => [...organisationsKey, "one", code] as const;

/** A request about one organisation, whichever is looked at otherwise. */
export function about<Data>(
  code: string,
  path = "",
  init: RequestInit & { json?: unknown } = {},
): Promise<Data> {
  const headers = new Headers(init.headers);
  headers.set("koppla-organisation", code);
  return sendJson<Data>(`/api/v1/organisations/${encodeURIComponent(code)}${path}`, { ...init, headers });
}

/** The frame knows of a new organisation, or a new name, without reading the session anew. */
export function useNamed(): (named: { code: string; name: string }) => void {
  const queries = useQueryClient();
  return ({ code, name }) =>
    queries.setQueryData<Session | null>(sessionKey, (session) => {
      if (!session) return session;
      const others = session.organisations.filter((one) => one.code !== code);
      const there = others.length < session.organisations.length;
      return {
        ...session,
        organisation: session.organisation.code === code ? { code, name } : session.organisation,
        organisations: there
          ? session.organisations.map((one) => (one.code === code ? { code, name } : one))
          : [...others, { code, name }],
      };
    });
}
