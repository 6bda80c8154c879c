/** The words of mails that the YAML replaces. */
import { map, object, text, withFile } from "../schema-parts.ts";

const template = object(
  {
    subject: text("The subject, a Mustache template.", { example: "Ditt konto hos {{organisation}}" }),
    ...withFile(
      "text",
      text("The text, a Mustache template; what it may name is in docs/sysadmins/mail.md.", {
        example: "Välj ett lösenord: {{link}}",
      }),
      "./account.sv.txt",
    ),
  },
  "A mail.",
);

/** By language, then by name. */
export const templates = map(
  map(template, "The mails of one language: `account`, `reminder` and `closed`.", "account"),
  "Mails to people, in your own words: by language (`sv`, `nl`, `fr`, `en`), then by name.",
  "sv",
);
