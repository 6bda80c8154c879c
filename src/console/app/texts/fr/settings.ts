import type english from "../en/settings.ts";
import type { Like } from "../shape.ts";

export default {
  lead: "Si le serveur se porte bien, ce qu’il est, et ce que donne koppla.yaml.",
  tabs: {
    checks: "Contrôles",
    server: "Serveur",
    configuration: "Configuration",
  },
  checks: {
    again: "Contrôler à nouveau",
    remedy: "Pour y remédier :",
    status: {
      ok: "Bien",
      warning: "À surveiller",
      error: "Erreur",
      skipped: "Omis",
    },
  },
  server: {
    process: "Processus",
    version: "Version",
    url: "Adresse publique",
    node: "Machine",
    started: "Démarré",
    memory: "Mémoire",
    backups: "Sauvegardes",
    noSchedule: "Aucune sauvegarde planifiée : réglez `backup` dans koppla.yaml.",
    lastBackup: "Dernière",
    outcome: "Résultat",
    good: "Réussie",
    bad: "Échouée",
    folder: "Dossier",
    schedule: "Planification",
    database: "Base de données",
    kind: "Genre",
    size: "Taille",
    wal: "Journal (WAL)",
    migration: "Schéma",
    keys: "Clés",
    keysText: "Sauvegardez le fichier de clé : sans lui, tous les secrets de la base sont perdus.",
    keyFile: "Fichier de clé",
    state: "État",
    made: "Créée",
    keyState: {
      next: "Suivante",
      active: "Active",
      retired: "Retirée",
    },
  },
  configuration: {
    find: "Chercher un réglage",
    given: "Seulement ce qui diffère du défaut",
    none: "Aucun réglage ne correspond",
    restart: "redémarrage requis",
    source: {
      default: "Défaut",
      file: "Fichier",
      environment: "Environnement",
      secret_file: "Fichier secret",
    },
  },
} satisfies Like<typeof english>;
