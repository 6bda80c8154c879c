import type { MailTemplates } from "./templates.ts";

export const en: MailTemplates = {
  account: {
    subject: "Your account at {{organisation}}",
    text: `Hello{{#name}} {{name}}{{/name}},

This address was given to make an account at {{organisation}}. Choose a password here:

{{link}}

The link works once, for {{minutes}} minutes.
{{#site}}
Then you are taken back to {{site}}.
{{/site}}

If it was not you, you need not do anything: no account is made.
`,
  },
  reminder: {
    subject: "Your login at {{organisation}}",
    text: `Hello{{#name}} {{name}}{{/name}},

Somebody, most likely you, asked for a new password at {{organisation}}. Choose it here:

{{#accounts}}
Username: {{username}}
{{link}}

{{/accounts}}
A link works once, for {{minutes}} minutes.
{{#site}}
Then you are taken back to {{site}}.
{{/site}}

If it was not you, you need not do anything: your password stays as it is.
`,
  },
  closed: {
    subject: "Your account at {{organisation}}",
    text: `Hello{{#name}} {{name}}{{/name}},

Somebody, most likely you, asked for a new password at {{organisation}}. You have an account there, but its password
cannot be set by mail. Please ask {{organisation}} for help.

If it was not you, you need not do anything.
`,
  },
};
