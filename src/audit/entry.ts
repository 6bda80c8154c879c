/** What the audit log is told, and by whom. */
import { actorName, type Principal, subjectName } from "../accounts/principal.ts";

/** Where a request came from. Null: not known, or not from the network. */
export interface Origin {
  address: string | null;
  requestId: string | null;
}

/** Who does something, in the words of the audit log. */
export interface Author {
  organisationId: number;
  /** `account:<client id>`, `user:<username>`, `shell`, `koppla` (the server itself); null: nobody is known. */
  subject: string | null;
  actor: string | null;
  /** The client id through which it is done. */
  client: string | null;
  origin: Origin;
  /** What else is to be known of how it is done: stands in the detail of all that it does. */
  via?: Record<string, string>;
}

export const NOWHERE: Origin = { address: null, requestId: null };

export function authorOf(principal: Principal, origin: Origin): Author {
  return {
    organisationId: principal.organisation.id,
    subject: subjectName(principal),
    actor: actorName(principal),
    client: principal.client?.clientId ?? null,
    origin,
    ...viaOf(principal),
  };
}

function viaOf({ home, portal }: Principal): Pick<Author, "via"> {
  if (home) return { via: { home_organisation: home.code } };
  return portal ? { via: { portal_link: portal.linkId } } : {};
}

/** Whoever may run the program on the server's data: the command line. */
export function shell(organisationId: number): Author {
  return { organisationId, subject: "shell", actor: null, client: null, origin: NOWHERE };
}

/** The server itself: what it does by the clock, or by its configuration. */
export function server(organisationId: number): Author {
  return { organisationId, subject: "koppla", actor: null, client: null, origin: NOWHERE };
}

/** The organisation of what belongs to none: a token that nobody has was sent. Only the shell reads its chain. */
export const NOBODY = 0;

export interface AuditEntry {
  /** Such as `account.create`, `token.issue`, `login`, `impersonate`. */
  action: string;
  outcome: "success" | "denied";
  /** What it was done to: `account:<client id>`, `user:<username>`, `receiver:<id>`, ... */
  target?: string;
  /** What else one must know. Never a secret. */
  detail?: Record<string, unknown>;
}
