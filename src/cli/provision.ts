import type { Command } from "commander";

import { newToken } from "../accounts/tokens.ts";
import { newSecret } from "../totp/totp.ts";
import { out } from "./output.ts";

/** `koppla provision token|totp` */
export function register(program: Command): void {
  const command = program.command("provision").description("make secrets for `provision` in koppla.yaml");
  command
    .command("token")
    .description("print a new API token, for `api_token_file` of an account")
    .action(() => out(newToken()));
  command
    .command("totp")
    .description("print a new TOTP secret, for `totp_secret_file` of an account")
    .action(() => out(newSecret()));
}
