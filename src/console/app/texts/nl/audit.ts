import type english from "../en/audit.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Wie wat deed, waarmee, en vanwaar; ook wat werd geweigerd. Niets ervan kan worden gewijzigd.",
  export: "Exporteren",
  csv: "Als tabel (CSV)",
  ndjson: "Als JSON-regels",
  columns: {
    at: "Wanneer",
    action: "Wat",
    subject: "Wie",
    target: "Waarmee",
    address: "Vanwaar",
  },
  outcome: {
    success: "Gedaan",
    denied: "Geweigerd",
  },
  by: "{{subject}}, via {{actor}}",
  filters: {
    title: "Filters",
    outcome: "Uitkomst",
    any: "Alle",
    since: "Vanaf",
    until: "Tot",
    clear: "Filters wissen",
  },
  empty: "Er is nog niets gebeurd",
  noneFound: "Niets gevonden",
  event: "Gebeurtenis",
  close: "Sluiten",
  actor: "Handelde via",
  client: "Client",
  request: "Verzoek",
  sequence: "Nummer",
  detail: "Details",
  narrow: "Alleen {{value}}",
  hash: "Hash van de keten",
  verify: {
    open: "De keten controleren",
    title: "Controleren of het logboek ongeschonden is",
    text: "Elke gebeurtenis bevat de hash van de vorige. Ze worden allemaal gelezen, van de eerste tot de laatste: wat is gewijzigd, verwijderd of toegevoegd, valt op.",
    known: "Een gebeurtenis die is genoteerd (optioneel)",
    knownText: "Nummer en hash, zoals de vorige controle ze gaf. Dat moet nog steeds zo zijn.",
    knownRule: "Moet een nummer, een dubbele punt en een hash van 43 tekens zijn",
    run: "Controleren",
    note: "Noteer de laatste gebeurtenis waar niemand kan schrijven die in de database kan schrijven: dan valt ook een opnieuw gemaakte keten op.",
    last: "Laatste gebeurtenis",
  },
  hashText:
    "Elke gebeurtenis verzegelt de vorige. Wie de server draait, controleert de hele keten, hier of met “koppla audit verify”.",
} satisfies Like<typeof english>;
