/** What the pages say, in each language; the files beside this one have the words. */
import type { Language } from "../language.ts";
import { en } from "./en.ts";
import { fr } from "./fr.ts";
import { nl } from "./nl.ts";
import { sv } from "./sv.ts";

/** Who and what a page is about. `client` is the account's name, as its owner gave it. */
export interface Named {
  client: string;
  organisation: string;
}

export interface Texts {
  login: {
    title: string;
    lead(names: Named): string;
    username: string;
    password: string;
    submit: string;
  };
  code: {
    title: string;
    lead(names: Named): string;
    code: string;
    submit: string;
    startOver: string;
  };
  consent: {
    title(names: Named): string;
    lead(names: Named): string;
    nothing: string;
    limit: string;
    loggedInAs(person: string): string;
    somebodyElse: string;
    sentTo(host: string): string;
    allow: string;
    deny: string;
  };
  failure: {
    title: string;
    lead: string;
    detail: string;
  };
  /** `wait` is a length of time in words. */
  wrong: {
    credentials: string;
    missing: string;
    code: string;
    codeUsed(wait: string): string;
    codeLocked(wait: string): string;
    tooMany(wait: string): string;
    expired: string;
    /** Before the title of a page on which something is wrong. */
    title: string;
  };
  grants: GrantTexts;
}

/** Sentences of what is granted: each action with each resource. `what` is in the form that follows the verb. */
export interface GrantTexts {
  read(what: string): string;
  write(what: string): string;
  delete(what: string): string;
  run(what: string): string;
  manage(what: string): string;
  /** Every action. */
  all(what: string): string;
  /** How a type of records is named in a sentence. */
  type(name: string): string;
  /** `action:NAME`. */
  action(name: string): string;
  impersonate: string;
  resources: {
    webmessages: string;
    receivers: string;
    deliveries: string;
    operations: string;
    schedules: string;
    accounts: string;
    users: string;
    organisations: string;
    audit: string;
    system: string;
    /** Every resource. */
    "*": string;
  };
}

const texts: Record<Language, Texts> = { en, sv, nl, fr };

export function textsOf(language: Language): Texts {
  return texts[language];
}

/** A length of time in words, rounded up: seconds, from two minutes on minutes. */
export function waitText(seconds: number, language: Language): string {
  const minutes = seconds >= 120;
  const style = { style: "unit", unit: minutes ? "minute" : "second", unitDisplay: "long" } as const;
  return new Intl.NumberFormat(language, style).format(Math.ceil(minutes ? seconds / 60 : seconds));
}
