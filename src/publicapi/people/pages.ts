/** The pages that a login key leads to. They need no script, and their addresses are relative. */
import { html, type Part } from "../../oauth/authorize/html.ts";
import type { Language } from "../../oauth/authorize/language.ts";
import { document } from "../../oauth/authorize/pages.ts";
import { pageTexts } from "./texts/texts.ts";

/** The stylesheet is that of the login page. */
const ASSETS = "../oauth/assets";

export interface PasswordPage {
  language: Language;
  organisation: string;
  /** By which browsers and people know which password it is. */
  username: string;
  key: string;
  /** The host that its reader is taken back to. */
  next: string | undefined;
}

export function passwordPage(page: PasswordPage, error?: string): string {
  const { language, organisation, username, key, next } = page;
  const { password, wrong } = pageTexts(language);
  const told = error === undefined ? password.title : `${wrong.title}: ${password.title}`;
  const invalid = error !== undefined && html`aria-invalid="true" aria-describedby="error"`;
  return framed(language, told, organisation, password.title, [
    error !== undefined && html`<div class="error" id="error" role="alert"><p>${error}</p></div>`,
    html`<p>${password.lead(organisation)}</p>`,
    html`<form method="post" action="password">
      <input type="hidden" name="step" value="password" />
      <input type="hidden" name="key" value="${key}" />
      <label for="username">${password.username}</label>
      <input id="username" name="username" value="${username}" autocomplete="username" readonly />
      <label for="new">${password.password}</label>
      <input
        id="new"
        name="password"
        type="password"
        autocomplete="new-password"
        minlength="12"
        required
        autofocus
        ${invalid}
      />
      <label for="repeat">${password.repeat}</label>
      <input
        id="repeat"
        name="repeat"
        type="password"
        autocomplete="new-password"
        minlength="12"
        required
        ${invalid}
      />
      <p class="quiet">${password.hint}</p>
      <button>${password.submit}</button>
    </form>`,
    next !== undefined && html`<footer><p class="quiet">${password.next(next)}</p></footer>`,
  ]);
}

export type Ending = "used" | "expired" | "unknown" | "closed";

/** @param key  with which a new link can be asked for, where it can */
export function endedPage(
  language: Language,
  ending: Ending,
  organisation: string | undefined,
  key: string | undefined,
): string {
  const texts = pageTexts(language);
  const { title, lead } = texts[ending];
  return framed(language, title, organisation, title, [
    html`<p>${lead}</p>`,
    key !== undefined &&
      html`<form method="post" action="password">
        <input type="hidden" name="step" value="again" />
        <input type="hidden" name="key" value="${key}" />
        <button>${texts.again}</button>
      </form>`,
  ]);
}

export function donePage(language: Language, organisation: string): string {
  const { title, lead } = pageTexts(language).done;
  return framed(language, title, organisation, title, html`<p>${lead}</p>`);
}

export function sentPage(language: Language, organisation: string, email: string): string {
  const { title, lead } = pageTexts(language).sent;
  return framed(language, title, organisation, title, html`<p>${lead(email)}</p>`);
}

/** When too much was tried. @param wait  in words */
export function busyPage(language: Language, wait: string): string {
  const { wrong } = pageTexts(language);
  return framed(language, wrong.title, undefined, wrong.title, html`<p>${wrong.tooMany(wait)}</p>`);
}

function framed(
  language: Language,
  told: string,
  organisation: string | undefined,
  title: string,
  content: Part,
): string {
  const whole = organisation === undefined ? told : `${told} – ${organisation}`;
  return document(
    language,
    whole,
    [
      organisation !== undefined && html`<p class="organisation">${organisation}</p>`,
      html`<h1>${title}</h1>`,
      content,
    ],
    ASSETS,
  );
}
