import type english from "../en/messages.ts";
import type { Like } from "../shape.ts";

export default {
  list: {
    lead: "Ce qui a été envoyé aux personnes au sujet de leurs dossiers.",
    nothing: "Aucun message de ce genre",
    nothingText: "Aucun message n’a cette partie ou cette référence. La casse des références compte.",
    all: "Tout afficher",
    empty: "Pas encore de messages",
    emptyText: "Un système les envoie par POST /webmessages.",
  },
  search: {
    label: "Rechercher des messages",
    reference: "Référence (clé:valeur)",
    id: "Identifiant d’un message",
    go: "Rechercher",
    notUuid: "Doit être un UUID",
    notReference: "Doit être clé:valeur, de 3 à 128 caractères chacune",
    oneOf: "Cherchez par partie ou par référence, pas les deux",
  },
  fields: {
    at: "Heure",
    text: "Texte",
    noText: "Pas de texte",
    party: "Partie",
    references: "Références",
    channels: "Canaux",
    by: "Envoyé par",
    attachments_one: "{{count}} pièce jointe",
    attachments_other: "{{count}} pièces jointes",
    attachments_many: "{{count}} de pièces jointes",
  },
  states: {
    pending: "en cours",
    published: "publié",
    failed: "échoué",
    unknown: "inconnu",
  },
  one: {
    title: "Message",
    remove: "Supprimer",
    removeTitle: "Supprimer ce message ?",
    removeText_one:
      "Le message à {{party}} du {{at}} disparaît définitivement, avec {{count}} pièce jointe. Ce que des canaux ont publié y reste.",
    removeText_other:
      "Le message à {{party}} du {{at}} disparaît définitivement, avec {{count}} pièces jointes. Ce que des canaux ont publié y reste.",
    removeText_many:
      "Le message à {{party}} du {{at}} disparaît définitivement, avec {{count}} de pièces jointes. Ce que des canaux ont publié y reste.",
    removed: "Le message est supprimé",
  },
  attachments: {
    title: "Pièces jointes",
    show: "Afficher",
    hide: "Masquer",
    save: "Enregistrer",
    showName: "Afficher {{name}}",
    hideName: "Masquer {{name}}",
    saveName: "Enregistrer {{name}}",
  },
  publications: {
    title: "Canaux",
    text: "Où ce message a été publié, et le résultat de chaque tentative.",
    none: "Aucun canal ne prend ce message.",
    externalId: "Le canal l’appelle {{id}}.",
    next: "Prochaine tentative :",
    attempts: "Tentatives",
    number: "Tentative",
    took: "Durée",
    answer: "Réponse",
    resend: "Publier encore une fois",
    resent: "Il est publié encore une fois",
    unknownText: "Le canal l’a peut-être déjà : vérifiez-y d’abord.",
  },
} satisfies Like<typeof english>;
