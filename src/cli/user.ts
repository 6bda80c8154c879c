import type { Command } from "commander";

import { type Editor, shellEditor } from "../accounts/editor.ts";
import { showTotp } from "../accounts/representation.ts";
import { isoTime, MAX_LIMIT } from "../http/query.ts";
import type { Services } from "../services.ts";
import { qrText } from "../totp/totp.ts";
import { setupUrl } from "../users/setup.ts";
import { createdUser, type ShownUser } from "../users/representation.ts";
import { configOption, jsonOption, note, out, outJson, readSecret } from "./output.ts";
import { withServices } from "./services.ts";

interface OrgOptions {
  config?: string;
  org: string;
  json?: boolean;
}

interface UserOptions extends OrgOptions {
  username: string;
}

interface CreateOptions extends UserOptions {
  email: string;
  name?: string;
  role: string[];
  group: string[];
  totp?: boolean;
  passwordStdin?: boolean;
}

const several = (text: string, all: string[] = []) => [...all, text];

/** `koppla user create|list|password|totp|link|disable|enable|delete` */
export function register(program: Command): void {
  const user = program.command("user").description("people: who logs in, and for whom accounts may act");
  const ofOrganisation = (command: Command) =>
    jsonOption(configOption(command)).requiredOption("--org <code>", "the organisation's code");
  const ofUser = (command: Command) => ofOrganisation(command).requiredOption("--username <name>", "whose");

  ofOrganisation(user.command("create"))
    .description("make a user")
    .requiredOption("--username <name>", "what to log in as; it stays for good")
    .requiredOption("--email <address>", "where to reach it")
    .option("--name <name>", "its name for people")
    .option("--role <role>", "what it may do: a role of the configuration; may be repeated", several, [])
    .option("--group <group>", "a group that it belongs to; may be repeated", several, [])
    .option("--totp", "ask for a one-time code at each login; the secret is shown this once")
    .option("--password-stdin", "read its password from standard input; without one it cannot log in")
    .action(create);

  ofOrganisation(user.command("list")).description("list the users").action(list);

  ofUser(user.command("password"))
    .description("set a user's password and end its logins")
    .requiredOption("--password-stdin", "read the password from standard input")
    .action(async (options: UserOptions) => {
      const password = await readSecret();
      await change(options, ({ users }, by, id) => users.setPassword(by, id, { password }));
      told(options, `The password of ${options.username} is changed; its logins have ended.`);
    });

  ofUser(user.command("totp"))
    .description("ask a user for one-time codes; shows a new secret this once")
    .option("--off", "ask for none")
    .action(totp);

  jsonOption(configOption(user.command("link")))
    .description("print a link that makes a superadministrator of whoever opens it, once, within 24 hours")
    .action(link);

  const states = [
    ["disable", "lock a user out; its logins end", "is locked out."],
    ["enable", "let a user log in again", "may log in again."],
    ["delete", "delete a user; what it did stays in the audit log", "is deleted."],
  ] as const;
  for (const [name, description, became] of states) {
    ofUser(user.command(name))
      .description(description)
      .action(async (options: UserOptions) => {
        await change(options, async ({ users }, by, id) => {
          await (name === "delete" ? users.remove(by, id) : users[name](by, id));
        });
        told(options, `The user ${options.username} ${became}`);
      });
  }
}

async function create(options: CreateOptions): Promise<void> {
  const { username, email, name, role: roles, group: groups } = options;
  const password = options.passwordStdin ? await readSecret() : undefined;
  const made = await withServices(options, async ({ organisations, users }) => {
    const { id } = await organisations.byCode(options.org);
    const body = { username, email, roles, groups, totp: options.totp === true };
    const more = { ...(name !== undefined && { name }), ...(password !== undefined && { password }) };
    return createdUser(await users.create(shellEditor(id), { ...body, ...more }));
  });
  if (options.json) return outJson(made);
  out(`Made the user ${made.username}.`);
  if (made.totp) showSecret(made.totp);
}

async function link(options: { config?: string; json?: boolean }): Promise<void> {
  const made = await withServices(options, async ({ setup, config }) => {
    const { token, expiresAt } = await setup.makeLink();
    return { url: setupUrl(config.server.publicUrl, token), expires_at: isoTime(expiresAt) };
  });
  if (options.json) return outJson(made);
  out(made.url);
  note(
    "Whoever opens it makes himself a superadministrator. It is good once, for 24 hours, and shown this once.",
  );
}

async function list(options: OrgOptions): Promise<void> {
  const all = await withServices(options, async ({ organisations, users }) => {
    const { id } = await organisations.byCode(options.org);
    const found: ShownUser[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await users.list(id, { limit: MAX_LIMIT, ...(cursor !== undefined && { cursor }) });
      found.push(...page.items);
      if (page.next_cursor === null) return found;
      cursor = page.next_cursor;
    }
  });
  if (options.json) return outJson(all);
  for (const { username, email, roles, enabled } of all)
    out([username, email, roles.join(",") || "-", enabled ? "enabled" : "disabled"].join("\t"));
}

async function totp(options: UserOptions & { off?: boolean }): Promise<void> {
  if (options.off) {
    await change(options, ({ users }, by, id) => users.removeTotp(by, id));
    return told(options, `${options.username} is asked for no code.`);
  }
  const made = showTotp(await change(options, ({ users }, by, id) => users.makeTotp(by, id)));
  if (options.json) return outJson(made);
  showSecret(made);
}

/** Runs `work` with a user's id, as whoever may run the program on the server's data. */
function change<R>(
  options: UserOptions,
  work: (services: Services, by: Editor, id: string) => Promise<R>,
): Promise<R> {
  return withServices(options, async (services) => {
    const { id } = await services.organisations.byCode(options.org);
    return await work(services, shellEditor(id), await services.users.idOf(id, options.username));
  });
}

function told(options: UserOptions, line: string): void {
  if (options.json) outJson({ username: options.username });
  else out(line);
}

function showSecret({ secret, otpauth_uri }: { secret: string; otpauth_uri: string }): void {
  out(`secret      ${secret}\notpauth uri ${otpauth_uri}`);
  note(qrText(otpauth_uri));
  note("The secret is shown this once.");
}
