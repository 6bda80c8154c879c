/**
 * What grants that are limited to some records or fields allow of a write. The record must be in view as it was and as
 * it will be, so that nobody takes a record from others or hands one to them; what may not be written stays as it is.
 */
import { Forbidden, type Principal } from "../accounts/principal.ts";
import type { GrantAction } from "../grants/grant.ts";
import { decideBy, type Decision, type Fields, holds, shows, type View, viewOf } from "../grants/view.ts";
import { Problem, type Violation } from "../problem.ts";
import type { JsonObject } from "./input.ts";
import { decodeId } from "./key.ts";
import type { StoredRecord } from "./queries.ts";
import type { RecordType } from "./types.ts";

/** A principal's rights to change records of a type. */
export interface ChangeRights {
  principal: Principal;
  type: RecordType;
  action: "write" | "delete";
  view: View;
}

/** @throws Forbidden where there is no such grant */
export function changeRights(
  principal: Principal,
  type: RecordType,
  action: ChangeRights["action"],
): ChangeRights {
  return { principal, type, action, view: demandView(principal, type, action) };
}

/** @throws Forbidden where the principal may do so with no record of the type */
export function demandView(principal: Principal, type: RecordType, action: GrantAction): View {
  const view = viewOf(principal.grants, type, action);
  if (!view) throw new Forbidden(principal, type.name, action);
  return view;
}

/** What the principal may read of a record; undefined: not even that it is there. */
export function readable(
  { grants }: Principal,
  type: RecordType,
  record: Pick<StoredRecord, "data">,
): Fields | undefined {
  const view = viewOf(grants, type, "read");
  if (view?.unlimited) return "all";
  const { allowed, fields } = decideBy(view, parse(record));
  return allowed ? fields : undefined;
}

/**
 * Asks for the right to change a record as it is.
 * @throws Problem `not_found` for who may not know that it is there, Forbidden for who may
 */
export function demandChange(rights: ChangeRights, current: StoredRecord): void {
  const { principal, type, action, view } = rights;
  if (view.unlimited || decideBy(view, parse(current)).allowed) return;
  if (readable(principal, type, current) === undefined) throw notFound(type, current.key);
  throw new Forbidden(
    principal,
    type.name,
    action,
    `The grants do not allow to ${action} this ${type.object}.`,
  );
}

export interface LimitedWrite {
  /** Not given: the record is new. */
  current?: StoredRecord | undefined;
  /** The record as it is to be: as it was sent, or with the patch applied that was. */
  wanted: JsonObject;
  sent: JsonObject;
  /** Whether it is a patch: then what is not sent stays anyway. */
  patches?: boolean;
  /** Goes before each field of a violation: `[3]` in a list. */
  at?: string;
}

/**
 * The record that comes of a write: `wanted`, with what may not be written as it is.
 *
 * A field that may not be written may still be named by who can read it and sends it as it is, so that a record that
 * was fetched can be changed and sent back. Others are refused it whatever they send, or they could guess its value.
 *
 * @throws Problem `invalid` with a violation for each field that may not be written, Forbidden with one for each field
 *   whose value would put the record out of view
 */
export function limitedWrite(rights: ChangeRights, write: LimitedWrite): JsonObject {
  const { principal, type, view } = rights;
  const { current, wanted, sent, patches = false, at = "" } = write;
  const before = current && parse(current);
  const was: Decision = before ? decideBy(view, before) : { allowed: true, fields: "all" };
  const after = patches || !before ? wanted : { ...kept(before, wanted, was.fields), ...wanted };
  const will = decideBy(view, after);
  if (!will.allowed) throw outOfView(rights, after, at);
  const seen = current ? readable(principal, type, current) : undefined;
  const violations: Violation[] = [];
  for (const field of new Set([sent, after, before ?? {}].flatMap(Object.keys))) {
    if (shows(was.fields, field) && shows(will.fields, field)) continue;
    const same = Bun.deepEquals(before?.[field], after[field], true);
    const unharmed = same && (!Object.hasOwn(sent, field) || (seen !== undefined && shows(seen, field)));
    if (!unharmed)
      violations.push({ field: pathOf(at, field), message: "is not a field that the grants allow to write" });
  }
  if (violations.length > 0) {
    throw new Problem("invalid", `The grants do not allow to write all of this ${type.object}.`, {
      violations,
    });
  }
  return after;
}

/** What a replacement leaves alone: the fields that it does not have and that may not be written. */
function kept(before: JsonObject, wanted: JsonObject, writable: Fields): JsonObject {
  const fields = Object.entries(before);
  return Object.fromEntries(
    fields.filter(([name]) => !shows(writable, name) && !Object.hasOwn(wanted, name)),
  );
}

function outOfView({ principal, type, action, view }: ChangeRights, data: JsonObject, at: string): Forbidden {
  // The way to be in view that the record misses by least.
  const missed = view.alternatives
    .map(({ where }) => where.filter((condition) => !holds(condition, data)))
    .sort((a, b) => a.length - b.length);
  const violations = (missed[0] ?? []).map(({ field }) => ({
    field: pathOf(at, field),
    message: "has a value that the grants do not allow",
  }));
  const detail = `The grants do not allow to ${action} a ${type.object} with these values.`;
  return new Forbidden(principal, type.name, action, detail, violations);
}

const pathOf = (at: string, field: string) => (at === "" ? field : `${at}.${field}`);

function parse({ data }: Pick<StoredRecord, "data">): JsonObject {
  return JSON.parse(data) as JsonObject;
}

export function notFound(type: RecordType, key: string): Problem {
  return new Problem(
    "not_found",
    `There is no ${type.object} with the id ${String(decodeId(type.key, key))}.`,
  );
}
