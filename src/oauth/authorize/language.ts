/** Which of the languages that pages exist in a reader likes best. RFC 9110, 12.5.4. */

export const LANGUAGES = ["en", "sv", "nl", "fr"] as const;
export type Language = (typeof LANGUAGES)[number];

const MAX_RANGES = 50;

/** The language of a page: what the client asks for (`ui_locales`, OpenID Connect Core, 3.1.2.1), else the browser. */
export function languageOf(request: Request): Language {
  const wanted = new URL(request.url).searchParams.get("ui_locales");
  for (const tag of (wanted ?? "").slice(0, 500).toLowerCase().split(" ")) {
    const language = LANGUAGES.find((one) => one === tag.split("-")[0]);
    if (language) return language;
  }
  return chooseLanguage(request.headers.get("accept-language"));
}

/**
 * @param accept  an `Accept-Language` header: weights count, and of equal ones the first; `sv-FI` is Swedish
 * @returns English where none is wanted
 */
export function chooseLanguage(accept: string | null): Language {
  const weights = new Map<string, number>();
  for (const part of (accept ?? "").toLowerCase().split(",").slice(0, MAX_RANGES)) {
    const [range = "", ...parameters] = part.split(";").map((text) => text.trim());
    const [primary = ""] = range.split("-");
    const weight = weightOf(parameters);
    // `sv-FI;q=0.2, sv;q=0.9`: somebody who reads the one reads the other.
    weights.set(primary, Math.max(weight, weights.get(primary) ?? 0));
  }
  let best: Language = "en";
  let most = 0;
  for (const [primary, weight] of weights) {
    const language = LANGUAGES.find((one) => one === primary);
    if (language && weight > most) [best, most] = [language, weight];
  }
  return best;
}

function weightOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith("q="));
  if (q === undefined) return 1;
  const value = Number(q.slice(2));
  return value >= 0 && value <= 1 ? value : 0;
}
