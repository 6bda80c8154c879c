import type english from "../en/settings.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Of alles goed gaat met de server, wat hij is, en wat koppla.yaml betekent.",
  tabs: {
    checks: "Controles",
    server: "Server",
    configuration: "Configuratie",
  },
  checks: {
    again: "Opnieuw controleren",
    remedy: "Zo lost u het op:",
    status: {
      ok: "Goed",
      warning: "Let op",
      error: "Fout",
      skipped: "Overgeslagen",
    },
  },
  server: {
    process: "Proces",
    version: "Versie",
    url: "Publiek adres",
    node: "Machine",
    started: "Gestart",
    memory: "Geheugen",
    backups: "Back-ups",
    noSchedule: "Geen geplande back-ups: stel `backup` in koppla.yaml in.",
    lastBackup: "Laatste",
    outcome: "Uitkomst",
    good: "Gelukt",
    bad: "Mislukt",
    folder: "Map",
    schedule: "Planning",
    database: "Database",
    kind: "Soort",
    size: "Grootte",
    wal: "Schrijflog (WAL)",
    migration: "Schema",
    keys: "Sleutels",
    keysText:
      "Maak een back-up van het sleutelbestand: zonder dit bestand is elk geheim in de database verloren.",
    keyFile: "Sleutelbestand",
    state: "Stand",
    made: "Gemaakt",
    keyState: {
      next: "Volgende",
      active: "Ondertekent",
      retired: "Uit dienst",
    },
  },
  configuration: {
    find: "Instelling zoeken",
    given: "Alleen wat afwijkt van de standaard",
    none: "Geen instelling gevonden",
    restart: "vereist herstart",
    source: {
      default: "Standaard",
      file: "Bestand",
      environment: "Omgeving",
      secret_file: "Geheim bestand",
    },
  },
} satisfies Like<typeof english>;
