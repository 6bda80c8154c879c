/** What a person does about itself: the session knows it at once, without being read anew. */
import { useQueryClient } from "@tanstack/react-query";

import { type Session, sessionKey } from "../../session.tsx";

type User = NonNullable<Session["user"]>;

export function useOwn(): (change: Partial<User>) => void {
  const queries = useQueryClient();
  return (change) =>
    queries.setQueryData<Session | null>(sessionKey, (session) =>
      session?.user ? { ...session, user: { ...session.user, ...change } } : session,
    );
}
