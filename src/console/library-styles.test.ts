import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { libraryStyles } from "./library-styles.ts";

const root = join(import.meta.dir, "../..");
const classOf = (component: string): string => {
  const text = readFileSync(join(root, `node_modules/@mantine/core/styles/${component}.css`), "utf8");
  return /m_[0-9a-f]+/.exec(text)?.[0] ?? "";
};

test("of the library's components those have their styles that a script names, in the library's order", () => {
  const [button, input, accordion] = ["Button", "Input", "Accordion"].map(classOf);
  const css = libraryStyles(root, [`a={root:"${button}"}`, `b={root:"${input}"}`]);
  expect(css).toContain(`.${button}`);
  expect(css).toContain(`.${input}`);
  expect(css).not.toContain(`.${accordion}`);
  const whole = readFileSync(join(root, "node_modules/@mantine/core/styles.css"), "utf8");
  const inOrder = whole.indexOf(`.${button}`) < whole.indexOf(`.${input}`);
  expect(css.indexOf(`.${button}`) < css.indexOf(`.${input}`)).toBe(inOrder);
});

test("what all components need is there, as it is shipped", () => {
  const css = libraryStyles(root, []);
  expect(css).toContain("--mantine-scale: 1");
  expect(css).not.toContain(":lang(");
  expect(css).not.toContain("/*");
});
