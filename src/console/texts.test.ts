/** The console's words: complete in four languages, nothing missing, nothing left over. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

import { type Namespace, texts } from "./app/texts/index.ts";

const LANGUAGES = ["en", "sv", "nl", "fr"] as const;
type Language = (typeof LANGUAGES)[number];

const APP = join(import.meta.dir, "app");
const PLURAL = /_(zero|one|two|few|many|other)$/;

/** The texts of a page in a language, each by its whole key. */
async function wordsOf(name: Namespace, language: Language): Promise<Map<string, string>> {
  return flat((await texts[name][language]()).default, "");
}

function flat(value: object, above: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    const whole = above === "" ? key : `${above}.${key}`;
    if (typeof text === "string") found.set(whole, text);
    else for (const [below, one] of flat(text, whole)) found.set(below, one);
  }
  return found;
}

const names = Object.keys(texts) as Namespace[];
const all = new Map(
  await Promise.all(
    names.map(async (name) => {
      const words = await Promise.all(LANGUAGES.map((language) => wordsOf(name, language)));
      return [name, Object.fromEntries(LANGUAGES.map((language, at) => [language, words[at]]))] as const;
    }),
  ),
);
const of = (name: Namespace, language: Language) => all.get(name)?.[language] ?? new Map<string, string>();

/** What a key is asked for by: without the ending of a plural. */
const base = (key: string): string => key.replace(PLURAL, "");
const placeholders = (text: string): string[] =>
  [...text.matchAll(/\{\{\s*(\w+)[^}]*\}\}/g)].map(([, name = ""]) => name);

describe.each(names)("the words of %s", (name) => {
  test.each(["sv", "nl", "fr"] as const)("are in %s those that they are in English", (language) => {
    const keys = (from: Language) => [...new Set([...of(name, from).keys()].map(base))].sort();
    expect(keys(language)).toEqual(keys("en"));
  });

  test("are nowhere empty", () => {
    for (const language of LANGUAGES)
      for (const [key, text] of of(name, language))
        expect({ key, language, empty: text.trim() === "" }).toEqual({ key, language, empty: false });
  });

  test("have the plurals that each language has", () => {
    for (const language of LANGUAGES) {
      const wanted = [...new Intl.PluralRules(language).resolvedOptions().pluralCategories].sort();
      const forms = Map.groupBy(
        [...of(name, language).keys()].filter((key) => PLURAL.test(key)),
        base,
      );
      for (const [key, found] of forms)
        expect({ key, language, forms: found.map((one) => one.slice(key.length + 1)).sort() }).toEqual({
          key,
          language,
          forms: wanted,
        });
    }
  });

  test("leave the same places for names and numbers in each language", () => {
    const places = (language: Language) => {
      const found = new Map<string, Set<string>>();
      for (const [key, text] of of(name, language)) {
        const there = found.get(base(key)) ?? new Set<string>();
        for (const place of placeholders(text)) there.add(place);
        found.set(base(key), there);
      }
      return [...found].map(([key, there]) => `${key}: ${[...there].sort().join(" ")}`).sort();
    };
    for (const language of LANGUAGES) expect(places(language)).toEqual(places("en"));
  });
});

interface Use {
  file: string;
  /** Whose words they may be: a file can have components with several. */
  names: readonly Namespace[];
  /** A whole key, or what one begins with. */
  key: string;
  begins: boolean;
}

/** Every `t("...")` of the console, with the page whose words it asks for. */
async function uses(): Promise<{ found: Use[]; unseen: string[] }> {
  const found: Use[] = [];
  const unseen: string[] = [];
  for await (const file of new Bun.Glob("**/*.{ts,tsx}").scan(APP)) {
    if (file.startsWith("texts/") || file.endsWith(".test.ts")) continue;
    const source = withoutComments(await Bun.file(join(APP, file)).text());
    for (const [call, names] of translators(file, source)) {
      for (const match of source.matchAll(new RegExp(`(?<![\\w.])${call}\\(`, "g"))) {
        const keys = keysOf(firstArgument(source.slice(match.index + match[0].length)));
        if (keys.length === 0) unseen.push(`${file}: ${source.slice(match.index, match.index + 60)}`);
        for (const { key, begins } of keys) {
          const [, other, rest] = /^([a-z]+):(.*)$/s.exec(key) ?? [];
          const whose = other === undefined ? names : [other as Namespace];
          found.push({ file, names: whose, key: rest ?? key, begins });
        }
      }
    }
  }
  return { found, unseen };
}

/** The names that `t` has in a file, and whose words each gives. A file that is handed `t` has its page's. */
function translators(file: string, source: string): Map<string, Namespace[]> {
  const made = new Map<string, Namespace[]>();
  for (const match of source.matchAll(/\{([^{}]*)\}\s*=\s*useTranslation\(\s*(?:"(\w+)")?\s*\)/g)) {
    const [, members = "", name = "common"] = match;
    const given = /\bt(?:\s*:\s*(\w+))?(?=\s*(?:,|$))/.exec(members.trim());
    if (!given) continue;
    const call = given[1] ?? "t";
    made.set(call, [...new Set([...(made.get(call) ?? []), name as Namespace])]);
  }
  if (made.size > 0) return made;
  const page = /^pages\/(\w+)\//.exec(file)?.[1] ?? "common";
  return new Map([["t", [page as Namespace]]]);
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

/** Up to the comma or the parenthesis that ends it. */
function firstArgument(rest: string): string {
  let depth = 0;
  let quote = "";
  for (let at = 0; at < rest.length; at++) {
    const sign = rest[at] ?? "";
    if (quote !== "") {
      if (sign === "\\") at++;
      else if (sign === quote) quote = "";
    } else if (`"'\``.includes(sign)) quote = sign;
    else if ("([{".includes(sign)) depth++;
    else if (")]}".includes(sign) && depth-- === 0) return rest.slice(0, at);
    else if (sign === "," && depth === 0) return rest.slice(0, at);
  }
  return rest;
}

function keysOf(argument: string): { key: string; begins: boolean }[] {
  // What is put into a key, or compared in a condition, is none.
  const told = argument.replaceAll(/\$\{[^{}]*\}/g, "${").replaceAll(/[!=]==?\s*"[^"]*"/g, "");
  const whole = [...told.matchAll(/"([^"]+)"/g)].map(([, key = ""]) => ({ key, begins: false }));
  const parts = [...told.matchAll(/`([^`$]+)(\$\{)?/g)].map(([, key = "", open]) => ({
    key,
    begins: open !== undefined,
  }));
  return [...whole, ...parts];
}

describe("the words that the pages ask for", async () => {
  const { found, unseen } = await uses();
  const keys = (name: Namespace) => [...of(name, "en").keys()];
  const asks = ({ key, begins }: Use, there: string) =>
    begins ? there.startsWith(key) : there === key || base(there) === key;

  test("can be told from the source", () => expect(unseen).toEqual([]));

  test("are there", () => {
    const missing = found.filter(
      (use) => !use.names.some((name) => keys(name).some((there) => asks(use, there))),
    );
    expect([...new Set(missing.map(({ file, names: [name], key }) => `${file}: ${name}:${key}`))]).toEqual(
      [],
    );
  });

  test("are all that there are", () => {
    const unused = names.flatMap((name) => {
      const asked = found.filter((use) => use.names.includes(name));
      return keys(name)
        .filter((there) => !asked.some((use) => asks(use, there)))
        .map((key) => `${name}:${key}`);
    });
    expect(unused).toEqual([]);
  });
});
