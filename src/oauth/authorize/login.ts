/** The login page and the page for the code. */
import { Problem } from "../../problem.ts";
import { newCookieValue } from "../../sessions/service.ts";
import type { Place } from "../../users/login.ts";
import type { Form } from "../form.ts";
import { pageAnswer, redirectAnswer } from "./answer.ts";
import type { Collaborators } from "./collaborators.ts";
import { codePage, loginPage } from "./pages.ts";
import { textsOf, waitText } from "./texts/texts.ts";
import { afterLogin, contextOf, type LoggedIn, type Visit } from "./visit.ts";

/** What is shown on a login page that is not the first one. */
interface Shown {
  username?: string;
  error?: string;
  status?: number;
  retryAfter?: number;
}

/** What is not right is told with it. 401 would have to name a scheme that browsers know (RFC 9110, 11.6.1). */
const REFUSED = 403;

export class Login {
  readonly #with: Collaborators;

  constructor(collaborators: Collaborators) {
    this.#with = collaborators;
  }

  /** The login page. Its forms are tied to a cookie, so that nobody can log a person in as somebody else. */
  page(visit: Visit, { username = "", error, ...answer }: Shown = {}): Response {
    const { request, language, browser = newCookieValue() } = visit;
    const { cookies, formTokens } = this.#with;
    const text = loginPage(contextOf(visit, formTokens.of(browser)), username, error);
    const set = visit.browser === undefined ? { cookies: [cookies.setLogin(browser)] } : {};
    return pageAnswer(request, text, { language, ...answer, ...set });
  }

  /** The form of the login page. */
  async password(visit: Visit, fields: Form): Promise<Response> {
    const { wrong } = textsOf(visit.language);
    const username = (fields.get("username") ?? "").trim();
    const password = fields.get("password");
    const place = this.#place(visit, fields);
    if (!place) return this.page(visit, { username, error: wrong.expired, status: REFUSED });
    if (username === "" || password === undefined) {
      return this.page(visit, { username, error: wrong.missing, status: 422 });
    }
    try {
      const result = await this.#with.logins.password(place, username, password);
      if (result.kind === "in") return this.#enter(visit, result.session);
      if (result.kind === "code") return this.#askForCode(visit, place, result.ticket);
      return this.page(visit, { username, error: wrong.credentials, status: REFUSED });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "too_many_requests") throw error;
      const seconds = Number(error.headers["retry-after"] ?? 1);
      const told = wrong.tooMany(waitText(seconds, visit.language));
      return this.page(visit, { username, error: told, status: error.status, retryAfter: seconds });
    }
  }

  /** The form of the page for the code. */
  async code(visit: Visit, fields: Form): Promise<Response> {
    const { language } = visit;
    const { wrong } = textsOf(language);
    const place = this.#place(visit, fields);
    const ticket = fields.get("ticket") ?? "";
    // As the app shows it, people type it: in two groups.
    const code = (fields.get("code") ?? "").replaceAll(/\s/g, "");
    const result = place ? await this.#with.logins.code(place, ticket, code) : { kind: "expired" as const };
    if (result.kind === "in") return this.#enter(visit, result.session);
    if (!place || result.kind === "expired") {
      return this.page(visit, { error: wrong.expired, status: REFUSED });
    }
    if (result.kind === "wrong") {
      return this.#askForCode(visit, place, ticket, { error: wrong.code, status: REFUSED });
    }
    const { kind, seconds } = result;
    const wait = waitText(seconds, language);
    const told = kind === "used" ? wrong.codeUsed(wait) : wrong.codeLocked(wait);
    const status = kind === "used" ? REFUSED : 429;
    return this.#askForCode(visit, place, ticket, { error: told, status, retryAfter: seconds });
  }

  /** Ends the session; then somebody else may log in. */
  async logout(visit: Visit, { person, session }: LoggedIn): Promise<Response> {
    await this.#with.logins.logout(session, person, visit.origin);
    return redirectAnswer(visit.request, `authorize?${visit.query}`, this.#with.cookies.loggedOut());
  }

  /** Undefined when the form was not made for this browser. */
  #place({ browser, origin, organisation, asked, session }: Visit, fields: Form): Place | undefined {
    if (browser === undefined || !this.#with.formTokens.fits(browser, fields.get("token") ?? ""))
      return undefined;
    return { organisation, origin, clientId: asked.account.clientId, browser, session };
  }

  #askForCode(
    visit: Visit,
    { browser }: Place,
    ticket: string,
    { error, ...answer }: Omit<Shown, "username"> = {},
  ): Response {
    const text = codePage(contextOf(visit, this.#with.formTokens.of(browser)), ticket, error);
    return pageAnswer(visit.request, text, { language: visit.language, ...answer });
  }

  /** The page is loaded anew, by GET, so that going back does not send the password again. */
  #enter({ request, query }: Visit, session: string): Response {
    return redirectAnswer(request, `authorize?${afterLogin(query)}`, this.#with.cookies.loggedIn(session));
  }
}
