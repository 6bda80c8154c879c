import type { MailTemplates } from "./templates.ts";

export const sv: MailTemplates = {
  account: {
    subject: "Ditt konto hos {{organisation}}",
    text: `Hej{{#name}} {{name}}{{/name}}!

Någon har angett den här adressen för att skapa ett konto hos {{organisation}}. Välj ett lösenord här:

{{link}}

Länken fungerar en gång, i {{minutes}} minuter.
{{#site}}
Därefter kommer du tillbaka till {{site}}.
{{/site}}

Om det inte var du behöver du inte göra något: inget konto skapas.
`,
  },
  reminder: {
    subject: "Din inloggning hos {{organisation}}",
    text: `Hej{{#name}} {{name}}{{/name}}!

Någon, troligen du, har bett om ett nytt lösenord hos {{organisation}}. Välj det här:

{{#accounts}}
Användarnamn: {{username}}
{{link}}

{{/accounts}}
En länk fungerar en gång, i {{minutes}} minuter.
{{#site}}
Därefter kommer du tillbaka till {{site}}.
{{/site}}

Om det inte var du behöver du inte göra något: ditt lösenord förblir som det är.
`,
  },
  closed: {
    subject: "Ditt konto hos {{organisation}}",
    text: `Hej{{#name}} {{name}}{{/name}}!

Någon, troligen du, har bett om ett nytt lösenord hos {{organisation}}. Du har ett konto där, men dess lösenord kan inte
bytas via e-post. Be {{organisation}} om hjälp.

Om det inte var du behöver du inte göra något.
`,
  },
};
