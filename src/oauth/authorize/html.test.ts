import { expect, test } from "bun:test";

import { html } from "./html.ts";

test("what is put in cannot become markup, in text or in an attribute", () => {
  const evil = `"><script>alert('1')</script>&amp;`;
  const text = String(html`<p title="${evil}">${evil}</p>`);
  const safe = "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;";
  expect(text).toBe(`<p title="${safe}">${safe}</p>`);
});

test("HTML within HTML stays, also in lists; false and undefined are nothing", () => {
  const items = ["a", "<b>"].map((item) => html`<i>${item}</i>`);
  expect(String(html`<b>${items}${false}${undefined}${0}</b>`)).toBe("<b><i>a</i><i>&lt;b&gt;</i>0</b>");
});
