import type english from "../en/overview.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Hur det går med det som skickas till partner, i realtid.",
  live: "Direkt",
  waiting: "Ansluter igen",
  totals: {
    delivered: "Levererade på 24 timmar",
    failed: "Uppgivna på 24 timmar",
    pending: "Väntar",
    retrying: "Försöks igen",
    oldest: "Nästa i tur",
    nothing: "Ingen",
    database: "Databas ({{kind}})",
  },
  charts: {
    outcomes: "Försök per minut",
    outcomesSummary: "Den senaste timmen togs {{delivered}} försök emot och {{failed}} misslyckades.",
    delivered: "Mottagna",
    failed: "Misslyckade",
    latency: "Hur lång tid försöken tar",
    latencySummary:
      "Under den långsammaste minuten den senaste timmen tog 95 % av försöken högst {{slowest}}.",
    p50: "Hälften",
    p95: "95 %",
    quiet: "Inget skickades den senaste timmen.",
  },
  state: {
    healthy: "Fungerar",
    failing: "Misslyckas",
    open: "Misslyckas, provas",
    idle: "Stilla",
    disabled: "Avstängd",
  },
  receivers: {
    none: "Inga mottagare än",
    noneText: "En mottagare är en partners URL som får veta vad som ändras.",
    backlog_one: "{{number}} väntar",
    backlog_other: "{{number}} väntar",
    due: "nästa",
    failing: "Har misslyckats sedan",
    last: "Senast levererat",
    rate: "{{rate}} togs emot den senaste timmen",
  },
  operations: {
    none: "Inga operationer än",
    noneText: "Här finns importer, exporter, omsändningar och åtgärder.",
  },
} satisfies Like<typeof english>;
