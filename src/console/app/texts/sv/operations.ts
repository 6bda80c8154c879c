import type english from "../en/operations.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Det som tar längre tid än ett anrop: importer, exporter, omsändningar, åtgärder. Det fortsätter efter en omstart.",
  one: "Operation",
  columns: {
    submitted: "Påbörjad",
    kind: "Slag",
    status: "Läge",
    progress: "Förlopp",
    by: "Av vem",
    message: "Meddelande",
  },
  any: "Alla",
  clear: "Rensa filtren",
  noneFound: "Ingen operation passar filtren",
  empty: {
    title: "Inga operationer än",
    text: "Skicka in en fil på en datasida, kör en åtgärd eller skicka om leveranser, och följ det här.",
  },
  about: "Gäller",
  updated: "Senast uppdaterad",
  completed: "Avslutad",
  id: "Id",
  result: "Resultat",
  download: "Ladda ner {{name}}",
} satisfies Like<typeof english>;
