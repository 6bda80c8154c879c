import type { Command } from "commander";

import { parseGrantText } from "../grants/parse.ts";
import { instant } from "../http/query.ts";
import { invalid } from "../problem.ts";
import { configOption, jsonOption, note, out, outJson } from "./output.ts";
import { withServices } from "./services.ts";

interface CreateOptions {
  config?: string;
  org: string;
  name: string;
  grant: string[];
  tokenExpires?: string;
  json?: boolean;
}

/** `koppla account create` */
export function register(program: Command): void {
  const account = program.command("account").description("API accounts: machines that call the API");

  jsonOption(configOption(account.command("create")))
    .description("make an account with a token, which is shown this once")
    .requiredOption("--org <code>", "the organisation's code")
    .requiredOption("--name <name>", "what the account is for")
    .requiredOption(
      "--grant <RESOURCE:ACTIONS>",
      "what it may do, such as trainings:read,write; '*:*' is everything; may be repeated",
      (text: string, all: string[] = []) => [...all, text],
    )
    .option("--token-expires <time>", "when the token ends (ISO 8601); without it, never")
    .action(create);
}

async function create(options: CreateOptions): Promise<void> {
  const grants = options.grant.map(parseGrantText);
  const tokenExpiresAt = options.tokenExpires === undefined ? undefined : time(options.tokenExpires);
  const made = await withServices(options, async ({ organisations, accounts }) => {
    const organisation = await organisations.byCode(options.org);
    return await accounts.create({
      organisationId: organisation.id,
      name: options.name,
      grants,
      ...(tokenExpiresAt !== undefined && { tokenExpiresAt }),
    });
  });
  if (options.json) {
    outJson({ id: made.id, client_id: made.clientId, token: made.token, grants: made.grants });
    return;
  }
  out(`client id  ${made.clientId}\ntoken      ${made.token}`);
  note("The token is shown this once; only its hash is stored.");
}

function time(text: string): number {
  try {
    return instant(text);
  } catch (error) {
    throw invalid("--token-expires", error instanceof Error ? error.message : "is not a time");
  }
}
