import type english from "../en/schedules.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Ce qui tourne à heures fixes : les actions de koppla.yaml et l’entretien du serveur.",
  columns: {
    name: "Nom",
    what: "Exécute",
    cron: "Quand",
    next: "Prochaine",
    last: "Dernière",
  },
  off: "arrêtée",
  chore: "Entretien : {{name}}",
  byItself: "d’elle-même",
  empty: {
    title: "Rien ne tourne à heures fixes",
    text: "Les planifications se déclarent dans koppla.yaml.",
  },
  close: "Fermer",
  catchUp: {
    none: "Les échéances où aucun serveur ne tournait sont omises.",
    one: "Parmi les échéances où aucun serveur ne tournait, une est rattrapée.",
  },
  next: "Prochaines échéances",
  none: "Aucune n’est prévue",
  last: "La dernière fois",
  skipped: "Dernière omission, la précédente étant encore en cours :",
  run: "Exécuter maintenant",
  ask: {
    title: "Exécuter {{name}} maintenant ?",
    text: "Elle s’exécute une fois, en plus de ses échéances.",
  },
} satisfies Like<typeof english>;
