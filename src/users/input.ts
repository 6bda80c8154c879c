/** A user as it comes in: what may be sent, and what it means where it is not. */
import { isObject } from "../http/json.ts";
import { email, flag, listOf, parseMembers, type Parser, text } from "../http/members.ts";
import { invalid } from "../problem.ts";
import { parsePassword } from "../passwords/policy.ts";
import type { Roles } from "./roles.ts";

export interface NewUser {
  username: string;
  email: string;
  name: string;
  /** None: cannot log in by password. */
  password: string | undefined;
  roles: string[];
  groups: string[];
  totp: boolean;
}

/** What of a user is to change. The username stays: the audit log and the policies of impersonation name it. */
export type UserPatch = Partial<Pick<NewUser, "email" | "name" | "roles" | "groups">>;

const USERNAME = /^[\p{L}\p{M}\p{N}._@+-]{1,100}$/u;
const MAX_ROLES = 50;
const MAX_GROUPS = 100;

/** What usernames are compared by: letters in lower case, compatible forms made one (RFC 8265, 3.3). */
export function usernameKey(username: string): string {
  return username.normalize("NFKC").toLowerCase();
}

/** What addresses are compared by. To whom mail goes is never decided by it: that is the address as it is stored. */
export function emailKey(email: string): string {
  return email.normalize("NFC").toLowerCase();
}

/** Whether a text can be a username; nothing else is looked up. */
export function looksLikeUsername(username: string): boolean {
  return username.length <= 400 && USERNAME.test(username.normalize("NFKC"));
}

/** @throws Problem `invalid` with everything that is wrong */
export function parseNewUser(body: unknown, roles: Roles): NewUser {
  const members = { ...commonMembers(roles), username, password: passwordOf(body), totp: flag };
  const given = parseMembers(body, members, { required: ["username", "email"] });
  return { name: "", password: undefined, roles: [], groups: [], totp: false, ...given };
}

/** @throws Problem `invalid` with everything that is wrong */
export function parseUserPatch(body: unknown, roles: Roles): UserPatch {
  return parseMembers(body, commonMembers(roles));
}

export interface NewPassword {
  password: string;
  /** What it was; asked of those who change their own. */
  current: string | undefined;
}

/** @param known  of the user, as {@link parsePassword} wants it @throws Problem `invalid` */
export function parseNewPassword(body: unknown, known: readonly string[]): NewPassword {
  const members = {
    password: (value: unknown, field: string) => parsePassword(value, field, known),
    current_password: asText,
  };
  const given = parseMembers(body, members, { required: ["password"] });
  return { password: given.password, current: given.current_password };
}

function commonMembers(roles: Roles) {
  const role: Parser<string> = (value, field) => {
    if (typeof value !== "string") throw invalid(field, "must be text");
    return roles.check(value, field);
  };
  return {
    email,
    name: text({ max: 200 }),
    roles: unique(listOf(role, { max: MAX_ROLES })),
    groups: unique(listOf(text({ min: 1, max: 100 }), { max: MAX_GROUPS })),
  };
}

/** @param body  may hold what the password must not be */
function passwordOf(body: unknown): Parser<string> {
  const { username, email, name } = isObject(body) ? body : {};
  const known = [username, email, name].filter((value) => typeof value === "string");
  return (value, field) => parsePassword(value, field, known);
}

const asText: Parser<string> = (value, field) => {
  if (typeof value !== "string") throw invalid(field, "must be text");
  return value;
};

const username: Parser<string> = (value, field) => {
  const name = typeof value === "string" ? value.normalize("NFKC") : "";
  if (!USERNAME.test(name)) {
    throw invalid(field, "must be 1 to 100 letters, digits and characters of . _ @ + -");
  }
  return name;
};

function unique<T>(list: Parser<T[]>): Parser<T[]> {
  return (value, field) => [...new Set(list(value, field))];
}
