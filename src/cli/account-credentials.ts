/** `koppla account token|tokens|revoke-token|totp|impersonation`: what an account gets in with, and as whom. */
import type { Command } from "commander";

import { showTotp } from "../accounts/representation.ts";
import { repeated } from "./account-options.ts";
import { of, ofAccount, type OneAccount, showSecret, withAccount } from "./one-account.ts";
import { note, out, outJson } from "./output.ts";

interface TokenOptions extends OneAccount {
  label?: string;
  expires?: string;
}

interface PolicyOptions extends OneAccount {
  user?: string[];
  group?: string[];
  scope: string[];
  life?: string;
}

export function registerCredentials(account: Command): void {
  ofAccount(account.command("token"))
    .description("make a further token, shown this once; those before it stay good")
    .option("--label <text>", "what to tell it by")
    .option("--expires <time>", "when it ends (ISO 8601); without it, never")
    .action(addToken);

  ofAccount(account.command("tokens")).description("list an account's tokens").action(listTokens);

  ofAccount(account.command("revoke-token"))
    .description("refuse a token from now on, and what was bought with it")
    .requiredOption("--token <id>", "its id, which `koppla account tokens` shows")
    .action(async (options: OneAccount & { token: string }) => {
      await withAccount(options, ({ credentials }, by) =>
        credentials.revokeToken(by, options.account, options.token),
      );
      if (options.json) outJson({ id: options.token });
      else out(`Revoked the token ${options.token}.`);
    });

  ofAccount(account.command("totp"))
    .description("ask for one-time codes beside the token, with a new secret, shown this once")
    .option("--off", "ask for none")
    .action(totp);

  const impersonation = account.command("impersonation").description("in whose name an account may act");
  ofAccount(impersonation.command("list")).description("list its policies").action(listPolicies);
  ofAccount(impersonation.command("allow"))
    .description("let it act in the name of users; it needs the grant impersonate:run, too")
    .option("--user <username>", "a user; may be repeated", repeated)
    .option("--group <group>", "a group, whose members; may be repeated", repeated)
    .requiredOption("--scope <RESOURCE:ACTION>", "the most that it may do; may be repeated", repeated)
    .option("--life <duration>", "how long such a token is good at most; without it, 15m")
    .action(allow);
  ofAccount(impersonation.command("remove"))
    .description("remove a policy; tokens that it allowed are refused from now on")
    .requiredOption("--policy <id>", "its id, which `koppla account impersonation list` shows")
    .action(async (options: OneAccount & { policy: string }) => {
      await withAccount(options, ({ credentials }, by) =>
        credentials.removePolicy(by, options.account, options.policy),
      );
      if (options.json) outJson({ id: options.policy });
      else out(`Removed the policy ${options.policy}.`);
    });
}

async function addToken(options: TokenOptions): Promise<void> {
  const { label, expires } = options;
  const body = {
    ...(label !== undefined && { label }),
    ...(expires !== undefined && { expires_at: expires }),
  };
  const made = await withAccount(options, ({ credentials }, by) =>
    credentials.addToken(by, options.account, body),
  );
  if (options.json) return outJson(made);
  out(`id     ${made.id}\ntoken  ${made.token}`);
  note("The token is shown this once; only its hash is stored.");
}

async function listTokens(options: OneAccount): Promise<void> {
  const tokens = await withAccount(options, ({ credentials }, by) =>
    credentials.tokens(of(by), options.account),
  );
  if (options.json) return outJson(tokens);
  for (const { id, last_four, label, expires_at, last_used_at } of tokens) {
    const used = `used ${last_used_at ?? "never"}`;
    out([id, `...${last_four}`, label || "-", used, `ends ${expires_at ?? "never"}`].join("\t"));
  }
}

async function totp(options: OneAccount & { off?: boolean }): Promise<void> {
  if (options.off) {
    await withAccount(options, ({ credentials }, by) => credentials.removeTotp(by, options.account));
    if (options.json) outJson({ account: options.account });
    else out(`The account ${options.account} is asked for no code.`);
    return;
  }
  const made = showTotp(
    await withAccount(options, ({ credentials }, by) => credentials.setTotp(by, options.account)),
  );
  if (options.json) return outJson(made);
  showSecret(made);
  note("The secret is shown this once.");
}

async function listPolicies(options: OneAccount): Promise<void> {
  const policies = await withAccount(options, ({ credentials }, by) =>
    credentials.policies(of(by), options.account),
  );
  if (options.json) return outJson(policies);
  for (const { id, users, groups, scopes, life } of policies) {
    const whom = [...users, ...groups.map((group) => `group ${group}`)].join(", ");
    out([id, whom, scopes.join(" "), life].join("\t"));
  }
}

async function allow(options: PolicyOptions): Promise<void> {
  const { user: users = [], group: groups = [], scope: scopes, life } = options;
  const body = { users, groups, scopes, ...(life !== undefined && { life }) };
  const made = await withAccount(options, ({ credentials }, by) =>
    credentials.addPolicy(by, options.account, body),
  );
  if (options.json) outJson(made);
  else out(`Made the policy ${made.id}.`);
}
