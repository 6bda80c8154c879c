/**
 * The styles of Mantine for the console, as they are shipped. Bun's would be larger and slow: it writes each property for
 * "the start of a line" as two rules that ask for the language, 10 000 `:lang()` for every element to be held against.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const MANTINE = "node_modules/@mantine";
/** What no component names, and all need. */
const ALWAYS = ["baseline.css", "default-css-variables.css", "global.css"];
const CLASS = /\bm_[0-9a-f]+\b/g;

/**
 * @param root  the repository's
 * @param scripts  of the console: of a component whose classes none of them names the styles are left out
 * @throws where Mantine's files are not as they were
 */
export function libraryStyles(root: string, scripts: Iterable<string>): string {
  const named = new Set<string>();
  for (const script of scripts) for (const [name] of script.matchAll(CLASS)) named.add(name);
  const core = join(root, MANTINE, "core");
  const whole = readFileSync(join(core, "styles.css"), "utf8");
  const folder = join(core, "styles");
  const parts = readdirSync(folder)
    .filter((name) => name.endsWith(".css") && !name.endsWith(".layer.css"))
    .map((name) => {
      const text = readFileSync(join(folder, name), "utf8").trim();
      const at = whole.indexOf(text);
      if (at === -1) throw new Error(`${name} is no part of Mantine's styles.css`);
      return { name, text, at };
    });
  const used = parts.filter(
    ({ name, text }) => ALWAYS.includes(name) || (text.match(CLASS) ?? []).some((one) => named.has(one)),
  );
  // A later rule wins over an earlier one: the order is that of the whole.
  const ordered = used.toSorted((a, b) => a.at - b.at).map(({ text }) => text);
  const others = ["notifications", "spotlight"].map((name) =>
    readFileSync(join(root, MANTINE, name, "styles.css"), "utf8"),
  );
  return [...ordered, ...others].map(withoutSpace).join("\n");
}

function withoutSpace(css: string): string {
  return css
    .replaceAll(/\/\*[^]*?\*\//g, "")
    .replaceAll(/\s*\n\s*/g, "\n")
    .trim();
}
