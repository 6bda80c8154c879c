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
  verify: {
    open: "Kontrollera kedjan",
    title: "Kontrollera att loggen är hel",
    text: "Varje händelse bär den föregåendes hash. Alla läses, från den första till den sista: en som har ändrats, tagits bort eller lagts till syns.",
    known: "En händelse som har antecknats (valfritt)",
    knownText: "Nummer och hash, som den förra kontrollen gav dem. Den måste fortfarande vara så.",
    knownRule: "Måste vara ett nummer, ett kolon och en hash med 43 tecken",
    run: "Kontrollera",
    note: "Anteckna den sista händelsen där ingen som kan skriva i databasen kan skriva: då syns även en kedja som har gjorts om.",
    last: "Sista händelsen",
  },
  hashText:
    "Varje händelse förseglar den föregående. Den som driver servern kontrollerar hela kedjan, här eller med ”koppla audit verify”.",
} satisfies Like<typeof english>;
