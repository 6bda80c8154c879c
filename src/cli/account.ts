import type { Command } from "commander";

import { shellEditor } from "../accounts/editor.ts";
import { type ShownAccount, showTotp } from "../accounts/representation.ts";
import { instant, MAX_LIMIT } from "../http/query.ts";
import { invalid } from "../problem.ts";
import { registerCredentials } from "./account-credentials.ts";
import { accountBody, type AccountOptions, accountOptions, repeated } from "./account-options.ts";
import { of, ofAccount, type OneAccount, showSecret, withAccount } from "./one-account.ts";
import { configOption, jsonOption, note, out, outJson } from "./output.ts";
import { withServices } from "./services.ts";

interface CreateOptions extends AccountOptions {
  config?: string;
  org: string;
  totp?: boolean;
  tokenExpires?: string;
  json?: boolean;
}

interface ListOptions {
  config?: string;
  org: string;
  deleted?: boolean;
  json?: boolean;
}

const GRANT =
  "what it may do, such as trainings:read,write, or JSON with where and fields; '*:*' is everything; may be repeated";

/** `koppla account ...` */
export function register(program: Command): void {
  const account = program.command("account").description("API accounts: machines that call the API");
  const ofOrganisation = (name: string) =>
    jsonOption(configOption(account.command(name))).requiredOption("--org <code>", "the organisation's code");

  accountOptions(ofOrganisation("create"))
    .description("make an account with a token, which is shown this once")
    .requiredOption("--name <name>", "what the account is for")
    .requiredOption("--grant <RESOURCE:ACTIONS>", GRANT, repeated)
    .option("--totp", "ask for a one-time code beside the token; its secret is shown this once")
    .option("--token-expires <time>", "when the token ends (ISO 8601); without it, never")
    .action(create);

  ofOrganisation("list")
    .description("list an organisation's accounts")
    .option("--deleted", "those that were deleted, too")
    .action(list);

  ofAccount(account.command("show"))
    .description("show an account with its tokens, of which only the last characters are known")
    .action(async (options: OneAccount) => {
      outJson(await withAccount(options, (accounts, by) => accounts.get(of(by), options.account)));
    });

  accountOptions(ofAccount(account.command("change")))
    .description("change what is given and nothing else")
    .option("--name <name>", "what the account is for")
    .option("--grant <RESOURCE:ACTIONS>", `${GRANT}; instead of those it has`, repeated)
    .action(async (options: OneAccount & AccountOptions) => {
      const body = accountBody(options);
      told(options, await withAccount(options, (accounts, by) => accounts.patch(by, options.account, body)));
    });

  for (const name of ["enable", "disable"] as const) {
    ofAccount(account.command(name))
      .description(name === "enable" ? "let it in again" : "refuse its tokens until it is enabled")
      .action(async (options: OneAccount) => {
        told(options, await withAccount(options, (accounts, by) => accounts[name](by, options.account)));
      });
  }

  ofAccount(account.command("delete"))
    .description("delete it for good; what it did stays in the audit log")
    .action(async (options: OneAccount) => {
      await withAccount(options, (accounts, by) => accounts.remove(by, options.account));
      if (options.json) outJson({ account: options.account });
      else out(`Deleted the account ${options.account}.`);
    });

  registerCredentials(account);
}

async function create(options: CreateOptions): Promise<void> {
  const body = { ...accountBody(options), ...(options.totp && { totp: true }) };
  const tokenExpiresAt = options.tokenExpires === undefined ? null : time(options.tokenExpires);
  const made = await withServices(options, async ({ organisations, accounts }) => {
    const { id } = await organisations.byCode(options.org);
    return await accounts.createFrom(body, shellEditor(id), tokenExpiresAt);
  });
  const { id, clientId, token, grants } = made;
  const totp = made.totp && showTotp(made.totp);
  if (options.json) {
    const { secret, otpauth_uri } = totp ?? {};
    outJson({ id, client_id: clientId, token, grants, ...(totp && { totp: { secret, otpauth_uri } }) });
    return;
  }
  out(`client id  ${clientId}\ntoken      ${token}`);
  if (!totp) return note("The token is shown this once; only its hash is stored.");
  showSecret(totp);
  note("Token and secret are shown this once.");
}

async function list(options: ListOptions): Promise<void> {
  const items = await withServices(options, async ({ organisations, accounts }) => {
    const { id } = await organisations.byCode(options.org);
    const all: ShownAccount[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await accounts.list(id, {
        limit: MAX_LIMIT,
        deleted: options.deleted === true,
        ...(cursor !== undefined && { cursor }),
      });
      all.push(...page.items);
      cursor = page.next_cursor;
    }
    return all;
  });
  if (options.json) outJson(items);
  else for (const item of items) out([item.client_id, stateOf(item), item.name].join("\t"));
}

function told(options: OneAccount, shown: ShownAccount): void {
  if (options.json) outJson(shown);
  else out([shown.client_id, stateOf(shown), shown.name].join("\t"));
}

function stateOf({ deleted_at, enabled }: ShownAccount): string {
  if (deleted_at !== undefined) return "deleted";
  return enabled ? "enabled" : "disabled";
}

function time(text: string): number {
  try {
    return instant(text);
  } catch (error) {
    throw invalid("--token-expires", error instanceof Error ? error.message : "is not a time");
  }
}
