/** Who a request comes from and what it may do: the one seam between authentication and everything else. */
import type { StoredActor } from "../../db/schema.ts";
import { allows, type Grant, type GrantAction } from "../grants/grant.ts";
import { Problem, type Violation } from "../problem.ts";

export interface Organisation {
  id: number;
  code: string;
  name: string;
}

/** Whose power is used: a machine's, a person's, or that of an organisation's password (`publicapi/ways-in.ts`). */
export type Subject =
  | { kind: "account"; id: string; clientId: string; name: string }
  | { kind: "user"; id: string; username: string; name: string }
  | { kind: "organisation"; id: string; code: string; name: string };

/** An account that acts in the subject's name, and the one that acts through it. RFC 8693, 4.1. */
export type Actor = StoredActor;

export interface Principal {
  organisation: Organisation;
  subject: Subject;
  /** Who acts in the subject's name, where that is somebody else. */
  actor?: Actor;
  /** The account whose API token it is, or to which the access token was given. None: a person's own session. */
  client?: { id: string; clientId: string };
  /** The organisation that a person belongs to, where it looks after another. */
  home?: Pick<Organisation, "code" | "name">;
  /** The portal's link by which somebody acts as the account: of its own receivers, and nothing else. */
  portal?: { linkId: string };
  /** Already narrowed to what the token may: its scope, and with an actor what both may. */
  grants: readonly Grant[];
}

/**
 * How the subject stands in records, changes and the audit log: `account:<client id>`, `user:<username>` or
 * `organisation:<code>`.
 */
export function subjectName({ subject }: Pick<Principal, "subject">): string {
  switch (subject.kind) {
    case "account":
      return `account:${subject.clientId}`;
    case "user":
      return `user:${subject.username}`;
    case "organisation":
      return `organisation:${subject.code}`;
  }
}

/** How the actor stands there; null where the subject acts itself. */
export function actorName({ actor }: Pick<Principal, "actor">): string | null {
  return actor ? `account:${actor.clientId}` : null;
}

/** A principal that lacks a grant. Told as 403; the audit log hears of it (`http/errors.ts`). */
export class Forbidden extends Problem {
  constructor(
    readonly principal: Principal,
    readonly resource: string,
    readonly action: GrantAction,
    detail = `There is no grant ${resource}:${action}.`,
    violations: readonly Violation[] = [],
  ) {
    super("forbidden", detail, { violations });
  }
}

/**
 * Credentials that were refused. Told as 401, or as 403 where they are right and the address is not, in words that
 * say no more of the reason; the audit log hears it.
 * None at all is no denial: whoever sends none learns how to.
 */
export class LoginDenied extends Problem {
  /**
   * @param known  whose they are, where that is known: the organisation, and the subject as the audit log names it
   * @param reason  for the audit log only, such as `unknown token`
   * @param headers  of the answer: how to do better
   */
  constructor(
    readonly known: { organisationId: number; subject: string } | undefined,
    readonly reason: string,
    headers: Record<string, string>,
    detail = "The token is not valid.",
    code: "unauthorized" | "forbidden" = "unauthorized",
  ) {
    super(code, detail, { headers });
  }
}

/** @throws Forbidden naming what is missing */
export function demand(principal: Principal, resource: string, action: GrantAction): void {
  if (!allows(principal.grants, resource, action)) throw new Forbidden(principal, resource, action);
}
