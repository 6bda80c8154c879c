/** What a request at the authorize page comes to: which client asks for what, of whom, in which browser. */
import type { AccountRow } from "../../accounts/account.ts";
import type { Organisation } from "../../accounts/principal.ts";
import type { Origin } from "../../audit/entry.ts";
import type { Person } from "../../users/person.ts";
import type { AuthorizationRequest } from "../authorization-request.ts";
import type { Language } from "./language.ts";
import type { Context } from "./pages.ts";

/** What of the request decides how a person is asked. OpenID Connect Core, 3.1.2.1. */
export interface Prompt {
  /** Nobody is to be asked anything. */
  none: boolean;
  /** Who is logged in already is asked for the password all the same. */
  login: boolean;
}

/** The login that the browser has. */
export interface LoggedIn {
  person: Person;
  /** The value of its cookie. */
  session: string;
}

export interface Visit {
  request: Request;
  origin: Origin;
  language: Language;
  asked: AuthorizationRequest;
  organisation: Organisation;
  /** The parameters of the authorization request. */
  query: URLSearchParams;
  prompt: Prompt;
  /** The value of the cookie of the login page. */
  browser: string | undefined;
  /** The value of the session cookie, whatever it is worth. */
  session: string | undefined;
  /** A person of the client's organisation; somebody of another one is nobody here. */
  loggedIn: LoggedIn | undefined;
}

/** @returns undefined where `none` stands with others, which is an error */
export function parsePrompt(text: string | null): Prompt | undefined {
  const values = new Set((text ?? "").split(" ").filter((value) => value !== ""));
  const none = values.has("none");
  if (none && values.size > 1) return undefined;
  // Who may choose an account here logs in with another one.
  return { none, login: values.has("login") || values.has("select_account") };
}

/** The request's parameters once the person has logged in: it must not be asked to do so for ever. */
export function afterLogin(query: URLSearchParams): string {
  const rest = new URLSearchParams(query);
  rest.delete("prompt");
  return rest.toString();
}

/** What the pages of a visit are made with. @param token  ties their forms to the browser */
export function contextOf(visit: Visit, token: string, query = visit.query.toString()): Context {
  const { language, asked, organisation } = visit;
  return { language, names: namesOf(asked.account, organisation), query, token };
}

function namesOf({ name }: AccountRow, organisation: Organisation) {
  return { client: name, organisation: organisation.name };
}
