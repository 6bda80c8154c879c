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
  hashText:
    "Chaque événement scelle le précédent. La personne qui exploite le serveur vérifie toute la chaîne avec « koppla audit verify ».",
} satisfies Like<typeof english>;
