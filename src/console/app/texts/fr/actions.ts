import type english from "../en/actions.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Ce que ce serveur sait exécuter. Essayez d’abord à blanc : rien n’est fait alors.",
  empty: {
    title: "Aucune action que vous puissiez exécuter",
    text: "Un administrateur système déclare les actions dans koppla.yaml ; votre rôle décide lesquelles vous sont ouvertes.",
  },
  run: {
    http: "Requête HTTP",
    command: "Commande",
  },
  noDescription: "Sans description",
  disabled: "C’est une commande, et ce serveur n’en exécute pas (actions_allow_commands).",
  timeout: "Une exécution peut durer {{time}}.",
  dry: {
    validate: "L’essai à blanc vérifie les données saisies.",
    pass: "L’essai à blanc demande aussi à l’autre système d’essayer.",
  },
  noInput: "Aucune donnée à saisir.",
  try: "Essayer à blanc",
  start: "Exécuter",
  tried: "Cela serait fait",
  triedText: "Tout a été vérifié et rien n’a été fait. L’opération serait celle-ci :",
} satisfies Like<typeof english>;
