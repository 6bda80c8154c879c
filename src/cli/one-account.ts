/** What the commands about one account share. */
import type { Command } from "commander";

import { type Editor, shellEditor } from "../accounts/editor.ts";
import type { ShownTotp } from "../accounts/representation.ts";
import type { AccountService } from "../accounts/service.ts";
import { qrText } from "../totp/totp.ts";
import { configOption, jsonOption, out } from "./output.ts";
import { withServices } from "./services.ts";

/** Of every command about one account. */
export interface OneAccount {
  config?: string;
  account: string;
  org?: string;
  json?: boolean;
}

/** Adds what names one account. */
export function ofAccount(command: Command): Command {
  return jsonOption(configOption(command))
    .requiredOption("--account <client-id>", "its client id, or its id")
    .option("--org <code>", "the organisation that it must belong to");
}

/** Runs `work` as whoever may run the program on the server's data. @throws Problem `not_found` */
export function withAccount<R>(
  { config, account, org }: OneAccount,
  work: (accounts: AccountService, by: Editor) => Promise<R>,
): Promise<R> {
  return withServices({ config }, async ({ accounts, organisations }) => {
    const organisationId = org === undefined ? undefined : (await organisations.byCode(org)).id;
    return await work(accounts, shellEditor(organisationId ?? (await accounts.organisationOf(account))));
  });
}

/** The organisation that is worked on. */
export function of(by: Editor): number {
  return by.author.organisationId;
}

/** Shows a TOTP secret this once; in a terminal as a QR code, too. */
export function showSecret({ secret, otpauth_uri }: Pick<ShownTotp, "secret" | "otpauth_uri">): void {
  out(`secret     ${secret}\notpauth    ${otpauth_uri}`);
  if (process.stdout.isTTY) out(`\n${qrText(otpauth_uri)}`);
}
