import type english from "../en/overview.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Hoe het gaat met wat er naar partners wordt gestuurd, terwijl het gebeurt.",
  live: "Live",
  waiting: "Verbinding herstellen",
  totals: {
    delivered: "Afgeleverd in 24 uur",
    failed: "Opgegeven in 24 uur",
    pending: "Wachtend",
    retrying: "Wordt opnieuw geprobeerd",
    oldest: "Eerstvolgende",
    nothing: "Geen",
    database: "Database ({{kind}})",
  },
  charts: {
    outcomes: "Pogingen per minuut",
    outcomesSummary: "In het afgelopen uur slaagden {{delivered}} pogingen en mislukten er {{failed}}.",
    delivered: "Geslaagd",
    failed: "Mislukt",
    latency: "Hoe lang pogingen duren",
    latencySummary:
      "In de traagste minuut van het afgelopen uur duurde 95 % van de pogingen hooguit {{slowest}}.",
    p50: "De helft",
    p95: "95 %",
    quiet: "In het afgelopen uur is er niets verstuurd.",
  },
  state: {
    healthy: "Werkt",
    failing: "Faalt",
    open: "Faalt, wordt gepeild",
    idle: "Rustig",
    disabled: "Uitgeschakeld",
  },
  receivers: {
    none: "Nog geen ontvangers",
    noneText: "Een ontvanger is een URL van een partner die hoort wat er verandert.",
    backlog_one: "{{number}} wacht",
    backlog_other: "{{number}} wachten",
    due: "volgende",
    failing: "Faalt sinds",
    last: "Laatst afgeleverd",
    rate: "{{rate}} geslaagd in het afgelopen uur",
  },
  operations: {
    none: "Nog geen bewerkingen",
    noneText: "Hier staan imports, exports, herzendingen en acties.",
  },
} satisfies Like<typeof english>;
