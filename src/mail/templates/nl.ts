import type { MailTemplates } from "./templates.ts";

export const nl: MailTemplates = {
  account: {
    subject: "Uw account bij {{organisation}}",
    text: `Hallo{{#name}} {{name}}{{/name}},

Dit adres is opgegeven om een account te maken bij {{organisation}}. Kies hier een wachtwoord:

{{link}}

De link werkt één keer, gedurende {{minutes}} minuten.
{{#site}}
Daarna gaat u terug naar {{site}}.
{{/site}}

Was u dit niet, dan hoeft u niets te doen: er wordt geen account gemaakt.
`,
  },
  reminder: {
    subject: "Uw login bij {{organisation}}",
    text: `Hallo{{#name}} {{name}}{{/name}},

Iemand, waarschijnlijk u, heeft om een nieuw wachtwoord gevraagd bij {{organisation}}. Kies het hier:

{{#accounts}}
Gebruikersnaam: {{username}}
{{link}}

{{/accounts}}
Een link werkt één keer, gedurende {{minutes}} minuten.
{{#site}}
Daarna gaat u terug naar {{site}}.
{{/site}}

Was u dit niet, dan hoeft u niets te doen: uw wachtwoord blijft zoals het is.
`,
  },
  closed: {
    subject: "Uw account bij {{organisation}}",
    text: `Hallo{{#name}} {{name}}{{/name}},

Iemand, waarschijnlijk u, heeft om een nieuw wachtwoord gevraagd bij {{organisation}}. U hebt daar een account, maar het
wachtwoord ervan kan niet per e-mail worden gewijzigd. Vraag {{organisation}} om hulp.

Was u dit niet, dan hoeft u niets te doen.
`,
  },
};
