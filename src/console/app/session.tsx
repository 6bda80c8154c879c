/** Who is logged in, and what he may do. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo } from "react";

import { expectSession, lookAt, sendJson } from "./api/client.ts";
import { ApiError } from "./api/errors.ts";
import { useOrganisation } from "./organisation.ts";

export interface Grant {
  resource: string;
  actions: string[];
  where?: Record<string, unknown[]>;
  fields?: "all" | "public" | string[];
}

export interface Session {
  /** A person, or an account that was handed a link to its own receivers. */
  kind: "user" | "portal";
  user: {
    id: string;
    username: string;
    name: string;
    email: string | null;
    roles: string[];
    language: string | null;
    totp: boolean;
  } | null;
  account: { id: string; name: string; client_id: string } | null;
  organisation: { code: string; name: string };
  /** Those that he may look at. */
  organisations: { code: string; name: string }[];
  superadministrator: boolean;
  grants: Grant[];
  expires_at: string;
  idle_seconds: number;
  /** By which a request asks to be tried out; null where the server knows of none. */
  dry_run_header: string | null;
}

export interface Access extends Session {
  /** Whether one may do something: what one may not do is not shown, and the API refuses it. */
  can(resource: string, action: "read" | "write" | "delete" | "run" | "manage"): boolean;
}

const Context = createContext<Access | undefined>(undefined);

export const sessionKey = ["session"] as const;

/** Who is logged in: null where nobody is. */
export const sessionQuery = {
  queryKey: sessionKey,
  queryFn: async (): Promise<Session | null> => {
    try {
      const session = await sendJson<Session>("/api/v1/session");
      expectSession(true);
      return session;
    } catch (error) {
      expectSession(false);
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
};

/** Undefined while it is asked; null without one. */
export const useSessionQuery = () => useQuery(sessionQuery);

/** To be called once there is another session, or none: nothing of the last one stays. */
export function useSessionChange(): (session: Session | null) => void {
  const queries = useQueryClient();
  return (session) => {
    lookAt(undefined);
    expectSession(session !== null);
    // Not `clear()`: who watches the session would go on watching the one that is gone.
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
    queries.getMutationCache().clear();
    queries.setQueryData(sessionKey, session);
  };
}

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  const access = useMemo<Access>(() => ({ ...session, can: permission(session) }), [session]);
  const { code } = useOrganisation(session);
  // Before any child asks for something.
  lookAt(code === session.organisation.code ? undefined : code);
  useEffect(() => () => lookAt(undefined), []);
  return <Context.Provider value={access}>{children}</Context.Provider>;
}

export function useSession(): Access {
  const access = useContext(Context);
  if (!access) throw new Error("there is no session here");
  return access;
}

/** As the server decides: `manage` covers `read` and `write`, and `*` everything but what is the whole server's. */
export function permission({ grants }: Pick<Session, "grants">): Access["can"] {
  return (resource, action) =>
    grants.some(
      (grant) =>
        (grant.resource === resource || (grant.resource === "*" && resource !== "system")) &&
        grant.actions.some(
          (one) =>
            one === "*" || one === action || (one === "manage" && (action === "read" || action === "write")),
        ),
    );
}
