import type { Command } from "commander";

import { newToken } from "../accounts/tokens.ts";
import { newSecret } from "../totp/totp.ts";
import { jsonOption, out, outJson } from "./output.ts";

/** `koppla provision token|totp` */
export function register(program: Command): void {
  const command = program.command("provision").description("make secrets for `provision` in koppla.yaml");
  const print = (name: string, make: () => string) =>
    jsonOption(command.command(name)).action((options: { json?: true }) =>
      options.json ? outJson({ [name]: make() }) : out(make()),
    );
  print("token", newToken).description("print a new API token, for `api_token_file` of an account");
  print("totp", () => newSecret()).description(
    "print a new TOTP secret, for `totp_secret_file` of an account",
  );
}
