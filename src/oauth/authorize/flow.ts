/**
 * A person at the authorize page, RFC 6749, 4.1: logs in, says yes or no, and is sent back to the client.
 *
 * Nothing is kept between the steps but cookies: the address has the request, and every step checks all of it anew.
 */
import { originOf } from "../../http/client-address.ts";
import { Networks } from "../../http/networks.ts";
import { Problem } from "../../problem.ts";
import { sameSite } from "../../sessions/forgery.ts";
import { checkAuthorizationRequest, errorLocation, type Untrusted } from "../authorization-request.ts";
import { OAuthError } from "../error.ts";
import { pageAnswer, redirectAnswer } from "./answer.ts";
import type { Collaborators } from "./collaborators.ts";
import { Consent } from "./consent.ts";
import { languageOf } from "./language.ts";
import { Login } from "./login.ts";
import { failurePage } from "./pages.ts";
import { readFields } from "./fields.ts";
import { type LoggedIn, parsePrompt, type Visit } from "./visit.ts";

/** What is told of a link with which nobody can be sent back. For developers, so in English. */
const untrusted: Record<Untrusted, string> = {
  client: "client_id: there is no client of this name that may be used now.",
  redirect_uri: "redirect_uri: it is none of those that are registered for the client.",
  malformed: "client_id and redirect_uri must be given once each.",
};

/** Beyond this a username that was suggested is none. */
const MAX_HINT = 200;

export class AuthorizeFlow {
  readonly #with: Collaborators;
  readonly #login: Login;
  readonly #consent: Consent;

  constructor(collaborators: Collaborators) {
    this.#with = collaborators;
    this.#login = new Login(collaborators);
    this.#consent = new Consent(collaborators);
  }

  /** `GET`: where a client sends a person, and where the person is after each step. */
  show(request: Request): Promise<Response> {
    return this.#answer(request, async () => {
      const visit = await this.#visit(request);
      if (visit instanceof Response) return visit;
      const { prompt, loggedIn, query } = visit;
      if (prompt.none) {
        return this.#refuse(visit, loggedIn ? "consent_required" : "login_required");
      }
      if (loggedIn && !prompt.login) return this.#consent.page(visit, loggedIn);
      return this.#login.page(visit, { username: (query.get("login_hint") ?? "").slice(0, MAX_HINT) });
    });
  }

  /** `POST`: a form of one of the pages. */
  submit(request: Request): Promise<Response> {
    return this.#answer(request, async () => {
      if (!sameSite(request, this.#with.publicUrl)) return this.#forged(request);
      const fields = await readFields(request, this.#with.limits);
      const visit = await this.#visit(request);
      if (visit instanceof Response) return visit;
      switch (fields.get("step")) {
        case "login":
          return await this.#login.password(visit, fields);
        case "code":
          return await this.#login.code(visit, fields);
        case "consent":
        case "logout":
          return await this.#loggedIn(visit, fields);
        default:
          throw new Problem("malformed", "The form has no step.");
      }
    });
  }

  /** What only who is logged in can say. */
  async #loggedIn(visit: Visit, fields: ReadonlyMap<string, string>): Promise<Response> {
    const { loggedIn, prompt, request, query } = visit;
    // The session has ended meanwhile, or its password is asked for anew: the way begins again.
    if (!loggedIn || prompt.login) return redirectAnswer(request, `authorize?${query}`);
    if (!this.#with.formTokens.fits(loggedIn.session, fields.get("token") ?? ""))
      return this.#forged(request);
    if (fields.get("step") === "logout") return await this.#login.logout(visit, loggedIn);
    return await this.#consent.decide(visit, loggedIn, fields.get("decision"));
  }

  /** Checks all of a request; where nothing can come of it, the answer. */
  async #visit(request: Request): Promise<Visit | Response> {
    const { publicUrl, cookies, oauth, organisations } = this.#with;
    const language = languageOf(request);
    const query = new URL(request.url).searchParams;
    const outcome = await checkAuthorizationRequest(query, publicUrl, (clientId) => oauth.find(clientId));
    if (outcome.kind === "page") {
      return pageAnswer(request, failurePage(language, untrusted[outcome.reason]), { status: 400, language });
    }
    if (outcome.kind === "redirect") return redirectAnswer(request, outcome.location);
    const asked = outcome.request;
    const { organisationId: id } = asked.account;
    const { code, name, allowed_ips: allowedIps } = await organisations.get(id);
    const organisation = { id, code, name };
    const origin = originOf(this.#with.addresses, request);
    if (!new Networks(allowedIps).contains(origin.address)) {
      throw new Problem("forbidden", "This organisation cannot be used from where you are.");
    }
    const prompt = parsePrompt(query.get("prompt"));
    if (!prompt) {
      const wrong = errorLocation(asked, publicUrl, "invalid_request", "prompt: none must stand alone");
      return redirectAnswer(request, wrong);
    }
    const session = cookies.session(request);
    return {
      ...{ request, origin, language, asked, organisation, query, prompt, session },
      browser: cookies.login(request),
      loggedIn: session === undefined ? undefined : await this.#who(session, id),
    };
  }

  async #who(session: string, organisationId: number): Promise<LoggedIn | undefined> {
    const { sessions, users, store } = this.#with;
    const found = await sessions.use(session);
    if (found?.organisationId !== organisationId) return undefined;
    const person = await store.read((reader) => users.byId(reader, found.userId));
    return person?.active ? { person, session } : undefined;
  }

  #refuse({ request, asked }: Visit, error: "login_required" | "consent_required"): Response {
    const description = "the person would have to be asked, and prompt is none";
    return redirectAnswer(request, errorLocation(asked, this.#with.publicUrl, error, description));
  }

  #forged(request: Request): Response {
    const language = languageOf(request);
    const text = failurePage(language, "The form was not sent from a page of this server.");
    return pageAnswer(request, text, { status: 403, language });
  }

  /** People get pages, also of what goes wrong. */
  async #answer(request: Request, work: () => Promise<Response>): Promise<Response> {
    try {
      return await work();
    } catch (error) {
      const problem = error instanceof OAuthError ? new Problem("malformed", error.message) : error;
      if (!(problem instanceof Problem)) throw problem;
      const language = languageOf(request);
      const after = Number(problem.headers["retry-after"]);
      const retryAfter = after > 0 ? { retryAfter: after } : {};
      const { status, message } = problem;
      return pageAnswer(request, failurePage(language, message), { status, language, ...retryAfter });
    }
  }
}
