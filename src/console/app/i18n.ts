/** The words of the console: four languages, each page's loaded with the page. */
import i18next, { type i18n } from "i18next";
import { initReactI18next } from "react-i18next";

import { type Namespace, texts } from "./texts/index.ts";

export const LANGUAGES = { en: "English", sv: "Svenska", nl: "Nederlands", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = "koppla.language";

export const isLanguage = (value: string | null | undefined): value is Language =>
  value !== null && value !== undefined && Object.hasOwn(LANGUAGES, value);

/** Whether somebody has chosen a language in this browser. */
export const wasChosen = (): boolean => isLanguage(localStorage.getItem(KEY));

/** What was chosen here, else what the browser asks for, else English. */
function preferred(): Language {
  const chosen = localStorage.getItem(KEY);
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

/** Starts it, in the language that was chosen. */
export async function startI18n(): Promise<i18n> {
  const language = preferred();
  await i18next.use(initReactI18next).init({
    lng: language,
    supportedLngs: Object.keys(LANGUAGES),
    defaultNS: "common",
    ns: [],
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await loadTexts("common");
  document.documentElement.lang = language;
  return i18next;
}

const loaded = new Set<Namespace>();

/** Has a page's words there in the present language; to be awaited before it is shown. */
export async function loadTexts(...names: Namespace[]): Promise<void> {
  for (const name of names) loaded.add(name);
  await Promise.all(names.map((name) => load(name, language())));
}

async function load(name: Namespace, of: Language): Promise<void> {
  if (i18next.hasResourceBundle(of, name)) return;
  i18next.addResourceBundle(of, name, (await texts[name][of]()).default);
}

export function language(): Language {
  return isLanguage(i18next.language) ? i18next.language : "en";
}

/** Changes the language at once, and for the next time. */
export async function chooseLanguage(chosen: Language): Promise<void> {
  localStorage.setItem(KEY, chosen);
  await Promise.all([...loaded].map((name) => load(name, chosen)));
  await i18next.changeLanguage(chosen);
  document.documentElement.lang = chosen;
}
