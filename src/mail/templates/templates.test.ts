import { describe, expect, test } from "bun:test";

import {
  type MailView,
  renderMail,
  TEMPLATE_LANGUAGES,
  TEMPLATE_NAMES,
  type TemplateName,
} from "./templates.ts";

const LINK = "https://koppla.example.org/account/password?key=klk_a&b=<c>";
const view: MailView = {
  organisation: "Sånt & <Sådant>",
  name: "Anna",
  email: "anna@example.org",
  link: LINK,
  minutes: 30,
  site: "www.partner.example",
  accounts: [
    { username: "anna", link: LINK },
    { username: "anna.b", link: `${LINK}2` },
  ],
};
const render = (
  name: TemplateName,
  language: (typeof TEMPLATE_LANGUAGES)[number],
  more: Partial<MailView> = {},
) => renderMail({}, language, name, { ...view, ...more });

describe.each([...TEMPLATE_LANGUAGES])("mails in %s", (language) => {
  test.each([...TEMPLATE_NAMES])("%s: plain text, as it is meant, with nothing left open", (name) => {
    const { subject, body } = render(name, language);
    expect(subject).toContain("Sånt & <Sådant>");
    expect(body).toContain("Sånt & <Sådant>");
    expect(body).toContain("Anna");
    for (const text of [subject, body]) expect(text).not.toMatch(/[{}]|&amp;|&lt;|undefined/);
    expect(body.includes(LINK)).toBe(name !== "closed");
    expect(render(name, language, { name: "", site: "" }).body).not.toMatch(/ [,!.]|partner/);
  });

  test("somebody with several accounts gets a link for each", () => {
    const { body } = render("reminder", language);
    for (const { username, link } of view.accounts) expect(body).toContain(`${username}\n${link}\n`);
  });
});

test("are different in each language", () => {
  for (const name of TEMPLATE_NAMES)
    expect(new Set(TEMPLATE_LANGUAGES.map((language) => render(name, language).body)).size).toBe(4);
});

test("what is put in is not taken for a template", () => {
  const { body } = render("account", "en", { name: "{{link}}{{#accounts}}" });
  expect(body).toContain("Hello {{link}}{{#accounts}},");
});

test("the YAML's stand instead of those that are built in, of its language alone", () => {
  const own = { sv: { account: { subject: " Hej {{name}} ", text: "Se {{link}}." } } };
  expect(renderMail(own, "sv", "account", view)).toEqual({ subject: "Hej Anna", body: `Se ${LINK}.` });
  expect(renderMail(own, "sv", "reminder", view)).toEqual(render("reminder", "sv"));
  expect(renderMail(own, "nl", "account", view)).toEqual(render("account", "nl"));
});
