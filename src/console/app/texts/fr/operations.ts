import type english from "../en/operations.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Ce qui dure plus qu’une requête : importations, exportations, renvois, actions. Cela reprend après un redémarrage.",
  one: "Opération",
  columns: {
    submitted: "Lancée",
    kind: "Genre",
    status: "État",
    progress: "Avancement",
    by: "Par qui",
    message: "Message",
  },
  any: "Tous",
  clear: "Effacer les filtres",
  noneFound: "Aucune opération ne correspond aux filtres",
  empty: {
    title: "Aucune opération",
    text: "Envoyez un fichier depuis une page de données, lancez une action ou renvoyez des livraisons, et suivez-les ici.",
  },
  about: "Objet",
  updated: "Dernière nouvelle",
  completed: "Terminée",
  id: "Identifiant",
  result: "Résultat",
  download: "Télécharger {{name}}",
} satisfies Like<typeof english>;
