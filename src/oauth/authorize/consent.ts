/** The page on which a person says whether a client may act in its name. */
import { Problem } from "../../problem.ts";
import { codeLocation, errorLocation } from "../authorization-request.ts";
import { splitScope } from "../scope.ts";
import { pageAnswer, redirectAnswer } from "./answer.ts";
import type { Collaborators } from "./collaborators.ts";
import { consentPage } from "./pages.ts";
import { contextOf, type LoggedIn, type Visit } from "./visit.ts";

export class Consent {
  readonly #with: Collaborators;

  constructor(collaborators: Collaborators) {
    this.#with = collaborators;
  }

  page(visit: Visit, { person, session }: LoggedIn): Response {
    const { request, language, asked } = visit;
    const text = consentPage(contextOf(visit, this.#with.formTokens.of(session)), {
      person: person.name,
      scopes: splitScope(asked.scope),
      host: new URL(asked.redirectUri).host,
    });
    return pageAnswer(request, text, { language, target: asked.redirectUri });
  }

  /** @param decision  the button that was pressed */
  async decide(visit: Visit, loggedIn: LoggedIn, decision: string | undefined): Promise<Response> {
    if (decision === "allow") return await this.#allow(visit, loggedIn);
    if (decision === "deny") return await this.#deny(visit, loggedIn);
    throw new Problem("malformed", "The form says neither yes nor no.");
  }

  async #allow(visit: Visit, loggedIn: LoggedIn): Promise<Response> {
    const { request, asked } = visit;
    const { account, redirectUri, scope, challenge, dpopJkt } = asked;
    const { store, oauth, users, audit, publicUrl } = this.#with;
    const code = await store.write(async (tx) => {
      const user = await users.byId(tx, loggedIn.person.id);
      if (!user?.active) return undefined;
      audit.record(tx, this.#author(visit, loggedIn), {
        ...{ action: "consent", outcome: "success", target: `account:${account.clientId}` },
        detail: { scope, redirect_uri: redirectUri },
      });
      return await oauth.issueCode(tx, { account, user, redirectUri, scope, challenge, dpopJkt });
    });
    // Disabled just now: its session has ended with it.
    if (code === undefined) return redirectAnswer(request, `authorize?${visit.query}`);
    return redirectAnswer(request, codeLocation(asked, publicUrl, code));
  }

  async #deny(visit: Visit, loggedIn: LoggedIn): Promise<Response> {
    const { request, asked } = visit;
    await this.#with.audit.note(this.#author(visit, loggedIn), {
      ...{ action: "consent", outcome: "denied", target: `account:${asked.account.clientId}` },
      detail: { scope: asked.scope },
    });
    const location = errorLocation(asked, this.#with.publicUrl, "access_denied", "the person said no");
    return redirectAnswer(request, location);
  }

  #author({ organisation, origin, asked }: Visit, { person }: LoggedIn) {
    return {
      organisationId: organisation.id,
      subject: `user:${person.username}`,
      actor: null,
      client: asked.account.clientId,
      origin,
    };
  }
}
