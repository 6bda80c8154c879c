/** What `koppla account create` and `change` take, as the body that the API takes. */
import { type Command, Option } from "commander";

import { parseGrantText } from "../grants/parse.ts";
import { invalid } from "../problem.ts";

export interface AccountOptions {
  name?: string;
  description?: string;
  grant?: string[];
  allowIp?: string[];
  anyIp?: boolean;
  expires?: string;
  tokenKind?: string;
  tokenLife?: string;
  refresh?: boolean;
  audience?: string;
  dpop?: boolean;
  redirectUri?: string[];
}

/** An option that may be given several times. */
export function repeated(text: string, all: string[] = []): string[] {
  return [...all, text];
}

/** Adds everything that an account may be given, but its name and grants. */
export function accountOptions(command: Command): Command {
  return command
    .option("--description <text>", "more about it")
    .option("--allow-ip <CIDR>", "an address or network that it is used from; may be repeated", repeated)
    .option("--any-ip", "it is used from everywhere")
    .option("--expires <time>", "when the account ends (ISO 8601), or never")
    .addOption(
      new Option("--token-kind <kind>", "what its access tokens are: random text, or JWTs").choices([
        "opaque",
        "jwt",
      ]),
    )
    .option("--token-life <duration>", "how long an access token is good, such as 15m")
    .option("--refresh", "its own logins are given refresh tokens, too, without TOTP")
    .option("--no-refresh", "they are not")
    .option("--audience <text>", "the audience of its JWTs")
    .option("--dpop", "its access tokens must be bound to a key (RFC 9449)")
    .option("--no-dpop", "they need not")
    .option(
      "--redirect-uri <URL>",
      "where the authorize page may send people back to; may be repeated",
      repeated,
    );
}

/** @throws Problem `invalid` for what is not even a grant or a choice; the rest is for `accounts/input.ts` to say */
export function accountBody(options: AccountOptions): Record<string, unknown> {
  const { name, description, grant, allowIp, anyIp, expires, dpop, redirectUri } = options;
  if (anyIp && allowIp) throw invalid("--any-ip", "says the contrary of --allow-ip");
  const token = {
    ...given("kind", options.tokenKind),
    ...given("life", options.tokenLife),
    ...given("refresh", options.refresh),
    ...given("audience", options.audience),
  };
  return {
    ...given("name", name),
    ...given("description", description),
    ...given("grants", grant?.map(parseGrantText)),
    ...given("allowed_ips", anyIp ? [] : allowIp),
    ...given("expires_at", expires === "never" ? null : expires),
    ...(Object.keys(token).length > 0 && { token }),
    ...given("dpop", dpop),
    ...given("redirect_uris", redirectUri),
  };
}

/** The member, where it has a value. */
function given(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value };
}
