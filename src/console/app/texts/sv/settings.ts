import type english from "../en/settings.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Om allt står rätt till med servern, vad den är, och vad koppla.yaml innebär.",
  tabs: {
    checks: "Hälsokontroller",
    server: "Server",
    configuration: "Konfiguration",
  },
  checks: {
    again: "Kontrollera igen",
    remedy: "Åtgärd:",
    status: {
      ok: "Bra",
      warning: "Se över",
      error: "Fel",
      skipped: "Överhoppad",
    },
  },
  server: {
    process: "Process",
    version: "Version",
    url: "Publik adress",
    node: "Maskin",
    started: "Startad",
    memory: "Minne",
    backups: "Säkerhetskopior",
    noSchedule: "Inga schemalagda säkerhetskopior: ange `backup` i koppla.yaml.",
    lastBackup: "Senaste",
    outcome: "Utfall",
    good: "Lyckades",
    bad: "Misslyckades",
    folder: "Mapp",
    schedule: "Schema",
    database: "Databas",
    kind: "Slag",
    size: "Storlek",
    wal: "Skrivlogg (WAL)",
    migration: "Schema",
    keys: "Nycklar",
    keysText: "Säkerhetskopiera nyckelfilen: utan den går alla hemligheter i databasen förlorade.",
    keyFile: "Nyckelfil",
    state: "Läge",
    made: "Skapad",
    keyState: {
      next: "Nästa",
      active: "Signerar",
      retired: "Utgången",
    },
  },
  configuration: {
    find: "Hitta en inställning",
    given: "Bara det som inte är standard",
    none: "Ingen inställning passar",
    restart: "kräver omstart",
    source: {
      default: "Standard",
      file: "Fil",
      environment: "Miljö",
      secret_file: "Hemlig fil",
    },
  },
} satisfies Like<typeof english>;
