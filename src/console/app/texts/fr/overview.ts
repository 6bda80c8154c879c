import type english from "../en/overview.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Comment se portent les envois aux partenaires, en direct.",
  live: "En direct",
  waiting: "Reconnexion",
  totals: {
    delivered: "Livrées en 24 heures",
    failed: "Abandonnées en 24 heures",
    pending: "En attente",
    retrying: "À réessayer",
    oldest: "Prochaine échéance",
    nothing: "Aucune",
    database: "Base de données ({{kind}})",
  },
  charts: {
    outcomes: "Tentatives par minute",
    outcomesSummary: "Dans la dernière heure, {{delivered}} tentatives ont abouti et {{failed}} ont échoué.",
    delivered: "Abouties",
    failed: "Échouées",
    latency: "Durée des tentatives",
    latencySummary:
      "Dans la minute la plus lente de la dernière heure, 95 % des tentatives ont pris au plus {{slowest}}.",
    p50: "La moitié",
    p95: "95 %",
    quiet: "Rien n’a été envoyé dans la dernière heure.",
  },
  state: {
    healthy: "Fonctionne",
    failing: "En échec",
    open: "En échec, sondé",
    idle: "Calme",
    disabled: "Désactivé",
  },
  receivers: {
    none: "Aucun récepteur",
    noneText: "Un récepteur est l’URL d’un partenaire, informée de ce qui change.",
    backlog_one: "{{number}} en attente",
    backlog_many: "{{number}} en attente",
    backlog_other: "{{number}} en attente",
    due: "prochaine",
    failing: "En échec depuis",
    last: "Dernière livraison",
    rate: "{{rate}} abouties dans la dernière heure",
  },
  operations: {
    none: "Aucune opération",
    noneText: "Vous trouverez ici importations, exportations, renvois et actions.",
  },
} satisfies Like<typeof english>;
