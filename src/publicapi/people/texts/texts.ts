/** What the pages of login keys say, in each language; the files beside this one have the words. */
import type { Language } from "../../../oauth/authorize/language.ts";
import { en } from "./en.ts";
import { fr } from "./fr.ts";
import { nl } from "./nl.ts";
import { sv } from "./sv.ts";

interface Told {
  title: string;
  lead: string;
}

export interface PageTexts {
  password: {
    title: string;
    lead(organisation: string): string;
    username: string;
    password: string;
    hint: string;
    repeat: string;
    submit: string;
    /** Where its reader is taken then. */
    next(host: string): string;
  };
  done: Told;
  sent: { title: string; lead(email: string): string };
  /** Why a link is good no more. */
  used: Told;
  expired: Told;
  unknown: Told;
  closed: Told;
  again: string;
  wrong: {
    /** Before the title of a page on which something is wrong. */
    title: string;
    short: string;
    unfit: string;
    differ: string;
    /** `wait` is a length of time in words. */
    tooMany(wait: string): string;
  };
}

const texts: Record<Language, PageTexts> = { en, sv, nl, fr };

export function pageTexts(language: Language): PageTexts {
  return texts[language];
}
