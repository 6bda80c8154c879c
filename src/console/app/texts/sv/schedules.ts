import type english from "../en/schedules.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Det som körs enligt klockan: åtgärder i koppla.yaml och serverns egna sysslor.",
  columns: {
    name: "Namn",
    what: "Kör",
    cron: "När",
    next: "Nästa",
    last: "Senaste",
  },
  off: "av",
  chore: "Syssla: {{name}}",
  byItself: "av sig självt",
  empty: {
    title: "Inget körs enligt klockan",
    text: "Scheman anges i koppla.yaml.",
  },
  close: "Stäng",
  catchUp: {
    none: "Tider då ingen server var igång hoppas över.",
    one: "Av tider då ingen server var igång tas en igen.",
  },
  next: "Nästa tider",
  none: "Ingen är planerad",
  last: "Senaste gången",
  skipped: "Senast överhoppad, eftersom den förra ännu pågick:",
  run: "Kör nu",
  ask: {
    title: "Köra {{name}} nu?",
    text: "Det körs en gång, utöver sina tider.",
  },
} satisfies Like<typeof english>;
