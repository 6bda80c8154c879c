import { expect, test } from "bun:test";

import { chooseLanguage, type Language, languageOf } from "./language.ts";

const cases: [string | null, Language][] = [
  [null, "en"],
  ["", "en"],
  ["sv", "sv"],
  ["sv-SE,sv;q=0.9,en;q=0.8", "sv"],
  ["en;q=0.2,fr;q=0.9,nl;q=0.5", "fr"],
  ["nl-BE, fr-BE", "nl"],
  ["fr-BE, nl-BE", "fr"],
  ["de-DE, nl;q=0.7, en;q=0.3", "nl"],
  ["de, fi", "en"],
  ["*", "en"],
  ["sv;q=0, nl;q=0.1", "nl"],
  ["sv;q=0", "en"],
  ["sv;q=0.4, en;q=0.4", "sv"],
  ["en;q=0.4, sv;q=0.4", "en"],
  ["SV-fi;Q=1", "sv"],
  ["sv;q=banana, fr;q=0.1", "fr"],
  ["sv;q=7, fr;q=0.1", "fr"],
  [",;,;q=", "en"],
];

test.each(cases)("Accept-Language %j is answered in %s", (accept, language) => {
  expect(chooseLanguage(accept)).toBe(language);
});

test("a header of any length is read quickly", () => {
  expect(chooseLanguage(`${"x,".repeat(100_000)}sv`)).toBe("en");
});

test("the client may choose instead of the browser, from what there is", () => {
  const asked = (query: string) =>
    languageOf(new Request(`http://localhost/?${query}`, { headers: { "accept-language": "fr" } }));
  expect(asked("")).toBe("fr");
  expect(asked("ui_locales=sv-FI+en")).toBe("sv");
  expect(asked("ui_locales=fi+nl-NL")).toBe("nl");
  expect(asked("ui_locales=fi")).toBe("fr");
  expect(asked("ui_locales=")).toBe("fr");
});
