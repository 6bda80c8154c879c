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
  hashText:
    "Elke gebeurtenis verzegelt de vorige. Wie de server draait, controleert de hele keten met “koppla audit verify”.",
} satisfies Like<typeof english>;
