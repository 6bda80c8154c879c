/**
 * HTML as a template: what is put in is escaped, unless it is HTML itself. Nothing else makes HTML here.
 * @example html`<p>${name}</p>`
 */

/** Text that is HTML already: only {@link html} makes it. */
export class Html {
  readonly #text: string;

  /** Not to be called with text that came from outside. */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** Nothing is written for undefined and false: `${wrong && html`...`}`. */
export type Part = string | number | Html | undefined | false | readonly Part[];

/** Values of attributes must stand in double quotes. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(texts.reduce((all, text, index) => all + write(parts[index - 1]) + text));
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

function write(part: Part): string {
  if (part === undefined || part === false) return "";
  if (part instanceof Html) return part.toString();
  if (typeof part === "object") return part.map(write).join("");
  return escape(String(part));
}
