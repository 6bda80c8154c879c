import type english from "../en/integrate.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Composez un appel, voyez ce que le serveur répond, et emportez-le dans votre langage.",
  docs: "Documentation de l’API",
  tabs: {
    call: "Obtenir des données",
    topics: "Webhooks",
  },
  noTypes: "Aucun type que vous puissiez voir",
  noTypesText: "Les types se déclarent dans koppla.yaml, sous types.",
  ways: {
    token: "Jeton d’API",
    oauth: "OAuth 2.0",
    public: "Public, sans connexion",
    password: "Organisation et mot de passe",
  },
  waysText: {
    token: "Pour les programmes d’un compte d’API. Rien n’expire, rien à renouveler.",
    oauth:
      "Le jeton est le secret du client, pour des jetons d’accès valables une heure. Nécessaire pour les comptes à codes à usage unique.",
    public: "Pour des pages que tout le monde lit : les champs publics, par le code de l’organisation.",
    password: "Pour un serveur à vous : plus que les champs publics, par le mot de passe de l’organisation.",
  },
  choices: {
    title: "Ce que vous voulez",
    way: "Accès",
    type: "Type",
    filter: "{{field}} est",
    any: "Tout",
    search: "Recherche de texte",
    sort: "Ordre",
    unsorted: "Comme le serveur l’a",
    down: "{{field}}, décroissant",
    fields: "Champs",
    fieldsText: "Ce que le programme montre de chaque enregistrement.",
    rows: "Au plus",
    password: "Mot de passe de l’organisation",
    token: "Un jeton d’API",
    secretText: "Si vous voulez, pour voir la réponse qu’il obtient. Il reste dans cette page.",
    clientId: "Identifiant du client",
    clientSecret: "Secret du client (le jeton d’API)",
    totp: "Le compte a des codes à usage unique",
    code: "Code à usage unique",
  },
  call: {
    title: "L’appel",
    in: "L’appel en {{language}}",
    secrets: {
      token: "Les programmes lisent le jeton dans KOPPLA_TOKEN.",
      oauth:
        "Les programmes lisent KOPPLA_CLIENT_ID et KOPPLA_CLIENT_SECRET, et un code à usage unique dans KOPPLA_TOTP.",
      public: "Aucun secret n’est nécessaire.",
      password:
        "Les programmes lisent le mot de passe dans KOPPLA_PASSWORD. Il est envoyé dans le corps, jamais dans l’URL.",
    },
    publicFields: "Champs publics de ce type : {{fields}}",
  },
  answer: {
    title: "La réponse",
    ask: "Demander",
    byHand: "Demandez, et le serveur reçoit ce que vous avez saisi.",
    as: {
      session:
        "Comme vous le voyez, par votre propre connexion. Un partenaire voit ce que ses droits montrent.",
      token: "Comme le voit le compte dont vous avez saisi le jeton.",
      oauth: "Comme le voit le compte dont vous avez saisi le secret.",
      public: "Comme tout le monde le voit.",
      password: "Comme le mot de passe de l’organisation le montre.",
    },
  },
  topics: {
    title: "Un sujet",
    text: "Ce qu’un récepteur peut suivre.",
    topic: "Sujet",
    about: "Au sujet d’objets du genre {{object}}.",
    format: "Format",
    formats: {
      changes: "Lot",
      event: "Événement",
      cloudevents: "CloudEvents",
    },
    formatText: {
      changes: "Beaucoup de modifications en une requête ; de chaque objet la dernière.",
      event: "Une modification par requête.",
      cloudevents: "CloudEvents 1.0 en JSON : un seul, ou plusieurs en lot.",
    },
    payload: "Contenu",
    thin: "Adresse seule",
    full: "Enregistrement entier",
    newReceiver: "Créer un récepteur",
    example: "Un exemple",
    exampleText: "Comme elle arrive par HTTP. Répondez vite par un 2xx, et faites le travail ensuite.",
    headers: "En-têtes",
    body: "Corps",
  },
} satisfies Like<typeof english>;
