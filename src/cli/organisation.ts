import type { Command } from "commander";

import { shell } from "../audit/entry.ts";
import { password as parsePassword, type ShownOrganisation } from "../organisations/organisation.ts";
import { parseGrantText } from "../grants/parse.ts";
import { invalid } from "../problem.ts";
import { repeated } from "./account-options.ts";
import { configOption, jsonOption, out, outJson, readSecret } from "./output.ts";
import { withServices } from "./services.ts";

interface Options {
  config?: string;
  code: string;
  json?: boolean;
}

interface SettingOptions {
  site?: string[];
  returnUrl?: string[];
  language?: string;
  passwordGrant?: string[];
}

interface CreateOptions extends Options, SettingOptions {
  name: string;
  allowIp?: string[];
  passwordStdin?: boolean;
}

interface ChangeOptions extends Options, SettingOptions {
  name?: string;
  allowIp?: string[];
  anyIp?: boolean;
  /** False: none from now on. */
  sites: boolean;
  returnUrls: boolean;
}

interface PasswordOptions extends Options {
  overlap?: string;
  remove?: boolean;
}

const ALLOW_IP = "an address or network that it is used from; may be repeated";

/** `koppla organisation create|list|change|password` */
export function register(program: Command): void {
  const organisation = program.command("organisation").description("the tenants of this server");
  const ofOne = (name: string, code: string) =>
    jsonOption(configOption(organisation.command(name))).requiredOption("--code <code>", code);

  settings(ofOne("create", "its short name in addresses and log-ins: a-z, 0-9, - and _"))
    .description("make an organisation")
    .requiredOption("--name <name>", "its name for people")
    .option("--allow-ip <CIDR>", ALLOW_IP, repeated)
    .option("--password-stdin", "read its password, for the paths that take one, from standard input")
    .action(create);

  jsonOption(configOption(organisation.command("list")))
    .description("list the organisations")
    .action(async (options: { config?: string; json?: boolean }) => {
      const all = await withServices(options, ({ organisations }) => organisations.all());
      if (options.json) outJson(all);
      else for (const { code, name } of all) out(`${code}\t${name}`);
    });

  settings(ofOne("change", "its code"))
    .description("change what is given and nothing else")
    .option("--name <name>", "its name for people")
    .option("--allow-ip <CIDR>", `${ALLOW_IP}; instead of those it has`, repeated)
    .option("--any-ip", "it is used from everywhere")
    .option("--no-sites", "no website's pages may call the public data API")
    .option("--no-return-urls", "people are sent back nowhere")
    .action(change);

  ofOne("password", "its code")
    .description("set an organisation's password, read from standard input")
    .option("--password-stdin", "said for clearness: there is no other way")
    .option("--overlap <duration>", "how long the one before stays good; without it, 24h")
    .option("--remove", "take it away, with the one before")
    .action(password);
}

/** What both have; given, it stands instead of what was there. */
function settings(command: Command): Command {
  return command
    .option(
      "--site <ORIGIN>",
      "a website whose pages may call the public data API; may be repeated",
      repeated,
    )
    .option(
      "--return-url <URL>",
      "where people may be sent back to, with all below; may be repeated",
      repeated,
    )
    .option("--language <sv|nl|fr|en>", "of its mails")
    .option(
      "--password-grant <TYPE:ACTIONS>",
      "what its password may do, such as trainings:read or '*:read,write'; may be repeated",
      repeated,
    );
}

function settingsOf({ site, returnUrl, language, passwordGrant }: SettingOptions) {
  return {
    ...(site && { sites: site }),
    ...(returnUrl && { return_urls: returnUrl }),
    ...(language !== undefined && { language }),
    ...(passwordGrant && { password_grants: passwordGrant.map((text) => parseGrantText(text)) }),
  };
}

async function create(options: CreateOptions): Promise<void> {
  const { code, name, allowIp } = options;
  // Looked at before anything is made.
  const secret = options.passwordStdin ? parsePassword(await readSecret(), "password") : undefined;
  const made = await withServices(options, async ({ organisations, organisationPasswords }) => {
    const body = { code, name, ...(allowIp && { allowed_ips: allowIp }), ...settingsOf(options) };
    const organisation = await organisations.create(body);
    if (secret !== undefined) await organisationPasswords.set(shell(organisation.id), { password: secret });
    return organisation;
  });
  if (options.json) outJson(made);
  else out(`Made the organisation ${made.code} (${made.name}).`);
}

async function change(options: ChangeOptions): Promise<void> {
  const { name, allowIp, anyIp } = options;
  if (anyIp && allowIp) throw invalid("--any-ip", "says the contrary of --allow-ip");
  const networks = anyIp ? [] : allowIp;
  if (!options.sites && options.site) throw invalid("--no-sites", "says the contrary of --site");
  if (!options.returnUrls && options.returnUrl)
    throw invalid("--no-return-urls", "says the contrary of --return-url");
  const body = {
    ...(name !== undefined && { name }),
    ...(networks && { allowed_ips: networks }),
    ...(!options.sites && { sites: [] }),
    ...(!options.returnUrls && { return_urls: [] }),
    ...settingsOf(options),
  };
  const shown = await withServices(options, async ({ organisations }) => {
    const { id } = await organisations.byCode(options.code);
    return await organisations.patch(shell(id), body);
  });
  if (options.json) outJson(shown);
  else out(`${shown.code}\t${shown.name}\t${shown.allowed_ips.join(", ") || "from everywhere"}`);
}

async function password(options: PasswordOptions): Promise<void> {
  const { overlap, remove } = options;
  const secret = remove ? null : await readSecret();
  const shown = await withServices(options, async ({ organisations, organisationPasswords }) => {
    const { id } = await organisations.byCode(options.code);
    const body = { password: secret, ...(overlap !== undefined && { overlap }) };
    return await organisationPasswords.set(shell(id), body);
  });
  if (options.json) outJson(shown);
  else out(toldOf(shown));
}

function toldOf({ code, password: has, previous_password_until: until }: ShownOrganisation): string {
  if (!has) return `The organisation ${code} has no password.`;
  const also = until === null ? "" : ` The one before is good until ${until}.`;
  return `The organisation ${code} has a new password.${also}`;
}
