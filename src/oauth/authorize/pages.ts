/**
 * The pages: login, one-time code, consent, and what is shown when a link is not right. They need no script, and their
 * addresses are relative, so that they work behind any prefix.
 */
import { html, type Html, type Part } from "./html.ts";
import type { Language } from "./language.ts";
import { sentencesOf } from "./sentences.ts";
import { styleVersion } from "./style.ts";
import { type Named, type Texts, textsOf } from "./texts/texts.ts";

/** What a form's page is about, and what its forms carry. */
export interface Context {
  language: Language;
  names: Named;
  /** The query of the authorization request, which every form and link keeps. */
  query: string;
  /** Ties the forms to the browser. */
  token: string;
}

export interface Consent {
  /** What the person is called. */
  person: string;
  scopes: readonly string[];
  /** Where the person is sent next, as people would say it. */
  host: string;
}

export function loginPage(context: Context, username: string, error?: string): string {
  const { login } = textsOf(context.language);
  // Who has typed a name already goes on with the password.
  const known = username !== "";
  return page(context, login.title, error, [
    html`<p>${login.lead(context.names)}</p>`,
    form(context, "login", [
      html`<label for="username">${login.username}</label>
        <input
          id="username"
          name="username"
          value="${username}"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          ${!known && html`autofocus`}
          ${wrong(error)}
        />`,
      html`<label for="password">${login.password}</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          ${known && html`autofocus`}
          ${wrong(error)}
        />`,
      html`<button>${login.submit}</button>`,
    ]),
  ]);
}

/** @param ticket  says that the password was right */
export function codePage(context: Context, ticket: string, error?: string): string {
  const { code } = textsOf(context.language);
  return page(context, code.title, error, [
    html`<p>${code.lead(context.names)}</p>`,
    form(context, "code", [
      html`<input type="hidden" name="ticket" value="${ticket}" />`,
      html`<label for="code">${code.code}</label>
        <input
          class="code"
          id="code"
          name="code"
          inputmode="numeric"
          autocomplete="one-time-code"
          pattern="[0-9 ]*"
          maxlength="10"
          required
          autofocus
          ${wrong(error)}
        />`,
      html`<button>${code.submit}</button>`,
    ]),
    html`<footer>
      <p class="quiet"><a href="${address(context)}">${code.startOver}</a></p>
    </footer>`,
  ]);
}

export function consentPage(context: Context, { person, scopes, host }: Consent): string {
  const { consent, grants } = textsOf(context.language);
  const sentences = sentencesOf(scopes, grants);
  const items = sentences.length > 0 ? sentences : [consent.nothing];
  return page(context, consent.title(context.names), undefined, [
    html`<p>${consent.lead(context.names)}</p>`,
    html`<ul>
      ${items.map((sentence) => html`<li>${sentence}</li>`)}
    </ul>`,
    html`<p class="quiet">${consent.limit}</p>`,
    html`<p class="quiet">${consent.sentTo(host)}</p>`,
    form(context, "consent", [
      html`<button name="decision" value="allow">${consent.allow}</button>`,
      html`<button class="second" name="decision" value="deny">${consent.deny}</button>`,
    ]),
    html`<footer>
      <p class="quiet">${consent.loggedInAs(person)}</p>
      ${form(context, "logout", html`<button class="link">${consent.somebodyElse}</button>`)}
    </footer>`,
  ]);
}

/** @param detail  in English, for the developers of whoever made the link */
export function failurePage(language: Language, detail: string): string {
  const { failure } = textsOf(language);
  return document(language, failure.title, [
    html`<h1>${failure.title}</h1>`,
    html`<p>${failure.lead}</p>`,
    html`<p class="quiet" lang="en">${detail}</p>`,
  ]);
}

function page(context: Context, title: string, error: string | undefined, content: Part): string {
  const { language, names } = context;
  const texts: Texts = textsOf(language);
  const told = error === undefined ? title : `${texts.wrong.title}: ${title}`;
  return document(language, `${told} – ${names.organisation}`, [
    html`<p class="organisation">${names.organisation}</p>`,
    html`<h1>${title}</h1>`,
    error !== undefined && html`<div class="error" id="error" role="alert"><p>${error}</p></div>`,
    content,
  ]);
}

/** @param assets  where the stylesheet is, from the page's own address */
export function document(language: Language, title: string, content: Part, assets = "assets"): string {
  return String(
    html`<!doctype html>
      <html lang="${language}">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="robots" content="noindex" />
          <title>${title}</title>
          <link rel="stylesheet" href="${assets}/${styleVersion}/style.css" />
        </head>
        <body>
          <main>${content}</main>
        </body>
      </html>`,
  );
}

/** @param step  what the form does */
function form(context: Context, step: "login" | "code" | "consent" | "logout", fields: Part): Html {
  return html`<form method="post" action="${address(context)}">
    <input type="hidden" name="step" value="${step}" />
    <input type="hidden" name="token" value="${context.token}" />
    ${fields}
  </form>`;
}

function address({ query }: Context): string {
  return `authorize?${query}`;
}

/** A field that may be what is wrong, and where that is told. */
function wrong(error: string | undefined): Part {
  return error !== undefined && html`aria-invalid="true" aria-describedby="error"`;
}
