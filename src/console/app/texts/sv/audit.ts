import type english from "../en/audit.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Vem som gjorde vad, med vad, varifrån; även det som nekades. Inget av det går att ändra.",
  export: "Exportera",
  csv: "Som tabell (CSV)",
  ndjson: "Som JSON-rader",
  columns: {
    at: "När",
    action: "Vad",
    subject: "Vem",
    target: "Med vad",
    address: "Varifrån",
  },
  outcome: {
    success: "Gjort",
    denied: "Nekat",
  },
  by: "{{subject}}, genom {{actor}}",
  filters: {
    title: "Filter",
    outcome: "Utfall",
    any: "Alla",
    since: "Från",
    until: "Till",
    clear: "Rensa filtren",
  },
  empty: "Ingenting har hänt än",
  noneFound: "Inget hittades",
  event: "Händelse",
  close: "Stäng",
  actor: "Agerade genom",
  client: "Klient",
  request: "Anrop",
  sequence: "Nummer",
  detail: "Detaljer",
  narrow: "Bara {{value}}",
  hash: "Kedjans hash",
  hashText:
    "Varje händelse förseglar den föregående. Den som driver servern kontrollerar hela kedjan med ”koppla audit verify”.",
} satisfies Like<typeof english>;
