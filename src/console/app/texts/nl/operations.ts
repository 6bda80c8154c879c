import type english from "../en/operations.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Wat langer duurt dan een verzoek: imports, exports, herzendingen, acties. Het gaat verder na een herstart.",
  one: "Bewerking",
  columns: {
    submitted: "Begonnen",
    kind: "Soort",
    status: "Stand",
    progress: "Voortgang",
    by: "Door wie",
    message: "Bericht",
  },
  any: "Alle",
  clear: "Filters wissen",
  noneFound: "Geen bewerking past bij de filters",
  empty: {
    title: "Nog geen bewerkingen",
    text: "Lever een bestand aan op een gegevenspagina, voer een actie uit of stuur afleveringen opnieuw, en volg het hier.",
  },
  about: "Betreft",
  updated: "Laatst bijgewerkt",
  completed: "Beëindigd",
  id: "Id",
  result: "Resultaat",
  download: "{{name}} downloaden",
} satisfies Like<typeof english>;
