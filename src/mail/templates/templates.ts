/** The mails that people get, in each language; the files beside this one have the words. The YAML may replace them. */
import Mustache from "mustache";

import { LANGUAGES } from "../../organisations/settings.ts";
import { en } from "./en.ts";
import { fr } from "./fr.ts";
import { nl } from "./nl.ts";
import { sv } from "./sv.ts";

export const TEMPLATE_LANGUAGES = LANGUAGES;
export type TemplateLanguage = (typeof LANGUAGES)[number];

/**
 * `account`: to somebody who is not known yet. `reminder`: to who is. `closed`: to who is, but cannot set a password by
 * mail, as the account is disabled or an administrator's.
 */
export const TEMPLATE_NAMES = ["account", "reminder", "closed"] as const;
export type TemplateName = (typeof TEMPLATE_NAMES)[number];

/** Mustache, of plain text: `{{name}}`, `{{#name}}...{{/name}}`. */
export interface MailTemplate {
  subject: string;
  text: string;
}

export type MailTemplates = Record<TemplateName, MailTemplate>;
/** Those of the YAML. */
export type OwnTemplates = Partial<Record<TemplateLanguage, Partial<MailTemplates>>>;

/** What a template may name. */
export interface MailView {
  organisation: string;
  /** Of its reader; empty where it is not known. */
  name: string;
  email: string;
  /** The page where the password is set: of the first account; empty in `closed`. */
  link: string;
  /** For how long it works. */
  minutes: number;
  /** The host that its reader is sent back to; empty where there is none. */
  site: string;
  /** In `reminder` all that have the address, each with its own link. */
  accounts: { username: string; link: string }[];
}

const builtIn: Record<TemplateLanguage, MailTemplates> = { sv, nl, fr, en };

/** A mail's subject and text. */
export function renderMail(
  own: OwnTemplates,
  language: TemplateLanguage,
  name: TemplateName,
  view: MailView,
): { subject: string; body: string } {
  const { subject, text } = own[language]?.[name] ?? builtIn[language][name];
  return { subject: render(subject, view).trim(), body: render(text, view) };
}

/**
 * What is wrong with a template of the YAML, to complete "found ..., expected ..."; undefined: nothing.
 * @param part  of the template
 */
export function faultOfTemplate(
  name: TemplateName,
  part: keyof MailTemplate,
  text: string,
): { found: string; expected: string } | undefined {
  let shown: string;
  try {
    shown = render(text, SAMPLE);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "something";
    return { found: `a template that cannot be read (${reason})`, expected: "Mustache" };
  }
  if (part === "subject" || name === "closed" || shown.includes(SAMPLE.link)) return undefined;
  return { found: "a mail without its link", expected: "{{link}} in it" };
}

const SAMPLE: MailView = {
  organisation: "Demo",
  name: "Anna",
  email: "anna@example.org",
  link: "https://koppla.example.org/account/password?key=k",
  minutes: 30,
  site: "www.example.org",
  accounts: [{ username: "anna", link: "https://koppla.example.org/account/password?key=k" }],
};

/** Plain text: nothing is escaped for HTML. */
function render(template: string, view: MailView): string {
  return Mustache.render(template, view, undefined, { escape: String });
}
