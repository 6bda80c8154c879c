import type { MailTemplates } from "./templates.ts";

export const fr: MailTemplates = {
  account: {
    subject: "Votre compte chez {{organisation}}",
    text: `Bonjour{{#name}} {{name}}{{/name}},

Cette adresse a été indiquée pour créer un compte chez {{organisation}}. Choisissez un mot de passe ici :

{{link}}

Le lien fonctionne une seule fois, pendant {{minutes}} minutes.
{{#site}}
Vous serez ensuite renvoyé vers {{site}}.
{{/site}}

Si ce n’était pas vous, vous n’avez rien à faire : aucun compte n’est créé.
`,
  },
  reminder: {
    subject: "Votre accès chez {{organisation}}",
    text: `Bonjour{{#name}} {{name}}{{/name}},

Quelqu’un, sans doute vous, a demandé un nouveau mot de passe chez {{organisation}}. Choisissez-le ici :

{{#accounts}}
Nom d’utilisateur : {{username}}
{{link}}

{{/accounts}}
Un lien fonctionne une seule fois, pendant {{minutes}} minutes.
{{#site}}
Vous serez ensuite renvoyé vers {{site}}.
{{/site}}

Si ce n’était pas vous, vous n’avez rien à faire : votre mot de passe reste le même.
`,
  },
  closed: {
    subject: "Votre compte chez {{organisation}}",
    text: `Bonjour{{#name}} {{name}}{{/name}},

Quelqu’un, sans doute vous, a demandé un nouveau mot de passe chez {{organisation}}. Vous y avez un compte, mais son mot de
passe ne peut pas être changé par courriel. Demandez de l’aide à {{organisation}}.

Si ce n’était pas vous, vous n’avez rien à faire.
`,
  },
};
