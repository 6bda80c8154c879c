/**
 * Examples behind the help of the commands that do not bring their own. A name in capitals is to be put in its place:
 * ids are long.
 */
import type { Command } from "commander";

const examples: Record<string, readonly string[]> = {
  init: ["koppla init", "koppla init /etc/koppla/koppla.yaml"],
  check: ["koppla check", "koppla check --diff -c /etc/koppla/koppla.yaml"],
  reload: ["koppla reload", "koppla reload -c /etc/koppla/koppla.yaml"],
  "provision token": ["koppla provision token >/etc/koppla/erp.token"],
  "provision totp": ["koppla provision totp >/etc/koppla/erp.totp"],
  "organisation create": [
    "koppla organisation create --code demo --name Demo",
    "koppla organisation create --code demo --name Demo --allow-ip 192.0.2.0/24",
  ],
  "organisation list": ["koppla organisation list"],
  "organisation change": ["koppla organisation change --code demo --language sv --any-ip"],
  "organisation password": [
    "koppla organisation password --code demo <password.txt",
    "koppla organisation password --code demo --remove",
  ],
  "account create": [
    "koppla account create --org demo --name ERP --grant '*:*'",
    "koppla account create --org demo --name Site --grant trainings:read --totp --token-expires 2027-06-30T00:00:00Z",
  ],
  "account list": ["koppla account list --org demo"],
  "account show": ["koppla account show --account CLIENT_ID"],
  "account change": [
    "koppla account change --account CLIENT_ID --grant trainings:read,write --expires never",
  ],
  "account enable": ["koppla account enable --account CLIENT_ID"],
  "account disable": ["koppla account disable --account CLIENT_ID"],
  "account delete": ["koppla account delete --account CLIENT_ID"],
  "account token": ["koppla account token --account CLIENT_ID --label 2027"],
  "account tokens": ["koppla account tokens --account CLIENT_ID"],
  "account revoke-token": ["koppla account revoke-token --account CLIENT_ID --token TOKEN_ID"],
  "account totp": [
    "koppla account totp --account CLIENT_ID",
    "koppla account totp --account CLIENT_ID --off",
  ],
  "account impersonation list": ["koppla account impersonation list --account CLIENT_ID"],
  "account impersonation allow": [
    "koppla account impersonation allow --account CLIENT_ID --user anna --scope trainings:read --life 15m",
  ],
  "account impersonation remove": [
    "koppla account impersonation remove --account CLIENT_ID --policy POLICY_ID",
  ],
  "user create": [
    "koppla user create --org demo --username anna --email anna@example.org --role editor --password-stdin <password.txt",
  ],
  "user list": ["koppla user list --org demo"],
  "user password": ["koppla user password --org demo --username anna --password-stdin <password.txt"],
  "user totp": ["koppla user totp --org demo --username anna"],
  "user link": ["koppla user link"],
  "user disable": ["koppla user disable --org demo --username anna"],
  "user enable": ["koppla user enable --org demo --username anna"],
  "user delete": ["koppla user delete --org demo --username anna"],
  "receiver create": [
    "koppla receiver create --org demo --name Site --url https://site.example/hooks --topic 'Trainings.*'",
    "koppla receiver create --org demo --name ERP --url https://erp.example/in --topic '*' --ordered --rate 100/1m",
  ],
  "receiver list": ["koppla receiver list --org demo"],
  "receiver show": ["koppla receiver show ID"],
  "receiver enable": ["koppla receiver enable ID"],
  "receiver disable": ["koppla receiver disable ID"],
  "receiver test": ["koppla receiver test ID"],
  "receiver rotate-secret": ["koppla receiver rotate-secret ID --overlap 48h"],
  "receiver delete": ["koppla receiver delete ID"],
  import: [
    "koppla import trainings.csv --org demo --type trainings",
    "KOPPLA_TOKEN=... koppla import trainings.ndjson --url https://koppla.example --type trainings",
  ],
  export: [
    "koppla export trainings.csv --org demo --type trainings",
    "koppla export everything.kopplabackup --all",
  ],
  "backup verify": ["koppla backup verify koppla.kopplabackup"],
  "operation list": ["koppla operation list --org demo --status IN_PROGRESS"],
  "operation show": ["koppla operation show ID --org demo"],
  "operation follow": [
    "koppla operation follow ID --org demo",
    "KOPPLA_TOKEN=... koppla operation follow ID --url https://koppla.example",
  ],
  "operation cancel": ["koppla operation cancel ID --org demo"],
  "operation errors": ["koppla operation errors ID --org demo >refused.ndjson"],
  "audit list": ["koppla audit list --org demo --action 'account.*' --since 2026-11-01T00:00:00Z"],
  "audit export": ["koppla audit export --org demo --format csv >audit.csv"],
  "audit verify": ["koppla audit verify", "koppla audit verify --org demo --known SEQUENCE:HASH"],
  listen: ["koppla listen --port 8600", "KOPPLA_LISTEN_SECRET=whsec_... koppla listen --forward 3000"],
  health: ["koppla health", "koppla health -c /etc/koppla/koppla.yaml --timeout 2"],
  doctor: ["koppla doctor", "koppla doctor --json"],
  "config show": ["koppla config show"],
  "config schema": ["koppla config schema >koppla.schema.json"],
  "config reference": ["koppla config reference | less"],
  openapi: ["koppla openapi --format yaml >koppla.openapi.yaml", "koppla openapi --public"],
  demo: ["koppla demo", "koppla demo --port 0 --data ./demo"],
};

/** Adds them to a command and all below it. @param path  the names above, without the program's */
export function addExamples(command: Command, path: readonly string[] = []): void {
  for (const below of command.commands) {
    const names = [...path, below.name()];
    const lines = examples[names.join(" ")];
    const word = lines?.length === 1 ? "Example" : "Examples";
    if (lines) below.addHelpText("after", `\n${word}:\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
    addExamples(below, names);
  }
}
