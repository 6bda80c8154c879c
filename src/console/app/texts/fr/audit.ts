import type english from "../en/audit.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Qui a fait quoi, sur quoi, d’où ; et aussi ce qui a été refusé. Rien n’en peut être modifié.",
  export: "Exporter",
  csv: "Sous forme de tableau (CSV)",
  ndjson: "Sous forme de lignes JSON",
  columns: {
    at: "Quand",
    action: "Quoi",
    subject: "Qui",
    target: "Sur quoi",
    address: "D’où",
  },
  outcome: {
    success: "Fait",
    denied: "Refusé",
  },
  by: "{{subject}}, par {{actor}}",
  filters: {
    title: "Filtres",
    outcome: "Résultat",
    any: "Tous",
    since: "À partir de",
    until: "Jusqu’à",
    clear: "Effacer les filtres",
  },
  empty: "Il ne s’est encore rien passé",
  noneFound: "Rien trouvé",
  event: "Événement",
  close: "Fermer",
  actor: "A agi par",
  client: "Client",
  request: "Requête",
  sequence: "Numéro",
  detail: "Détails",
  narrow: "Seulement {{value}}",
  hash: "Empreinte de la chaîne",
  verify: {
    open: "Vérifier la chaîne",
    title: "Vérifier que le journal est intact",
    text: "Chaque événement porte l’empreinte du précédent. Tous sont lus, du premier au dernier : ce qui a été modifié, retiré ou ajouté se voit.",
    known: "Un événement noté (facultatif)",
    knownText:
      "Numéro et empreinte, tels que la dernière vérification les a donnés. Ils doivent être restés les mêmes.",
    knownRule: "Doit être un numéro, deux-points et une empreinte de 43 caractères",
    run: "Vérifier",
    note: "Notez le dernier événement là où personne qui peut écrire dans la base ne peut écrire : une chaîne refaite se voit alors aussi.",
    last: "Dernier événement",
  },
  hashText:
    "Chaque événement scelle le précédent. La personne qui exploite le serveur vérifie toute la chaîne, ici ou avec « koppla audit verify ».",
} satisfies Like<typeof english>;
