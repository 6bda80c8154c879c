import type english from "../en/schedules.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Wat op vaste tijden draait: acties uit koppla.yaml en de eigen klussen van de server.",
  columns: {
    name: "Naam",
    what: "Voert uit",
    cron: "Wanneer",
    next: "Volgende",
    last: "Laatste",
  },
  off: "uit",
  chore: "Klus: {{name}}",
  byItself: "vanzelf",
  empty: {
    title: "Er draait niets op vaste tijden",
    text: "Planningen staan in koppla.yaml.",
  },
  close: "Sluiten",
  catchUp: {
    none: "Tijden waarop er geen server draaide worden overgeslagen.",
    one: "Van de tijden waarop er geen server draaide wordt er één ingehaald.",
  },
  next: "De volgende tijden",
  none: "Niets gepland",
  last: "De laatste keer",
  skipped: "Laatst overgeslagen, omdat de vorige nog bezig was:",
  run: "Nu uitvoeren",
  ask: {
    title: "{{name}} nu uitvoeren?",
    text: "Het draait één keer, naast de vaste tijden.",
  },
} satisfies Like<typeof english>;
