/**
 * Mails a login key to whoever a partner's site names: to somebody new, or to somebody who has forgotten the password.
 *
 * The request only queues the mail, whoever it is for; who that is, is looked up when the mail is written. So neither
 * the answer nor its time tells who is known, and the key stands in no table.
 */
import type { Organisation } from "../../accounts/principal.ts";
import type { Author } from "../../audit/entry.ts";
import type { AuditLog } from "../../audit/service.ts";
import type { Config } from "../../config/types.ts";
import type { Outbox, Written } from "../../mail/outbox.ts";
import type { MailRow } from "../../mail/queries.ts";
import { renderMail, type OwnTemplates } from "../../mail/templates/templates.ts";
import type { OrganisationService } from "../../organisations/service.ts";
import type { OrganisationLanguage } from "../../organisations/settings.ts";
import { Problem } from "../../problem.ts";
import type { Store, Transaction } from "../../store/store.ts";
import { type Quota, type QuotaOf, tooMany } from "../../throttle/quota.ts";
import { addressKey } from "../../throttle/service.ts";
import type { Mailed, MailedRow, MailedUsers } from "../../users/by-mail.ts";
import { emailKey } from "../../users/input.ts";
import { KEY_MINUTES, type LoginKeys } from "./login-keys.ts";

/** What the log of mails calls them. */
export const ACCOUNT_MAIL = "account";

/** What a mail is written from. */
export interface Asked {
  email: string;
  name: string;
  returnUrl: string | null;
  language: OrganisationLanguage;
}

export interface RegistrationDependencies {
  store: Store;
  outbox: Outbox;
  quota: Quota;
  keys: LoginKeys;
  mailedUsers: MailedUsers;
  organisations: Pick<OrganisationService, "byId">;
  audit: AuditLog;
  limits: Config["publicApi"]["mailsPerHour"];
  templates: OwnTemplates;
  /** Without a trailing slash. */
  publicUrl: string;
}

const HOUR = 3_600_000;

export class Registrations {
  readonly #with: RegistrationDependencies;

  constructor(dependencies: RegistrationDependencies) {
    this.#with = dependencies;
    dependencies.outbox.writes(ACCOUNT_MAIL, (mail) => this.#write(mail));
  }

  /** @throws Problem `unavailable` without a mail server, `too_many_requests` */
  async ask(organisation: Organisation, by: Author, asked: Asked): Promise<void> {
    const { store, outbox, quota, audit } = this.#with;
    if (!outbox.isOpen) {
      throw new Problem("unavailable", "This server sends no mail (setting smtp).");
    }
    const quotas = this.#quotas(organisation, by, asked);
    const wait = await store.write(async (tx) => {
      const wait = await quota.take(tx, quotas);
      if (wait === 0) this.#queue(tx, organisation, by, asked);
      return wait;
    });
    if (wait === 0) return;
    const detail = { reason: "too many mails" };
    await audit.note(by, { action: "login_key.ask", outcome: "denied", detail });
    throw tooMany(wait);
  }

  #queue(tx: Transaction, organisation: Organisation, by: Author, asked: Asked): void {
    const { outbox, audit } = this.#with;
    outbox.queue(tx, {
      ...{ organisationId: organisation.id, kind: ACCOUNT_MAIL, recipient: asked.email, subject: "" },
      body: JSON.stringify(asked),
    });
    // Not for whom: the log of mails has it, and forgets it sooner.
    const site = hostOf(asked.returnUrl);
    audit.record(tx, by, { action: "login_key.ask", outcome: "success", ...(site && { detail: { site } }) });
  }

  #quotas({ code }: Organisation, { origin }: Author, { email }: Asked): QuotaOf[] {
    const { address, ip, organisation } = this.#with.limits;
    const to = new Bun.CryptoHasher("sha256").update(emailKey(email)).digest("base64url");
    return [
      { key: `mail ${code} to ${to}`, requests: address, window: HOUR },
      { key: `mail from ${addressKey(origin.address)}`, requests: ip, window: HOUR },
      { key: `mail ${code}`, requests: organisation, window: HOUR },
    ];
  }

  /** In the moment in which it is sent. */
  async #write({ organisationId, body }: MailRow): Promise<Written> {
    const { store, mailedUsers, organisations, templates } = this.#with;
    const asked: Asked = JSON.parse(body);
    const organisation = await organisations.byId(organisationId);
    const { users, links } = await store.write(async (tx) => {
      const users = await mailedUsers.at(tx, organisationId, asked.email);
      const known = users.open.length > 0;
      const isNew = !known && users.closed.length === 0;
      const holders = known ? users.open : isNew ? [undefined] : [];
      const links: string[] = [];
      for (const user of holders) links.push(await this.#link(tx, organisationId, asked, user));
      return { users, links };
    });
    const [link = ""] = links;
    const view = {
      ...{ organisation: organisation.name, email: asked.email, minutes: KEY_MINUTES, link },
      ...{ name: greeting(users, asked), site: hostOf(asked.returnUrl) ?? "" },
      accounts: users.open.map(({ username }, index) => ({ username, link: links[index] ?? "" })),
    };
    const kind = users.open.length > 0 ? "reminder" : users.closed.length > 0 ? "closed" : "account";
    // To the address as it is stored: one that only looks the same is somebody else's.
    const recipient = (users.open[0] ?? users.closed[0])?.email ?? asked.email;
    return { recipient, ...renderMail(templates, asked.language, kind, view) };
  }

  async #link(
    tx: Transaction,
    organisationId: number,
    { email, name, returnUrl, language }: Asked,
    user: MailedRow | undefined,
  ): Promise<string> {
    const { keys, publicUrl } = this.#with;
    const key = await keys.make(tx, {
      ...{ organisationId, userId: user?.id ?? null, email: user?.email ?? email },
      ...{ name, returnUrl, language },
    });
    return `${publicUrl}/account/password?key=${key}`;
  }
}

/**
 * How the mail calls its reader: somebody known by the name that is known. A name that came from outside is written only
 * if it looks like one, or the mail would say whatever somebody wants said, with a link of his.
 */
function greeting({ open, closed }: Mailed, { name }: Asked): string {
  const [known] = [...open, ...closed];
  const given = known ? known.name : name;
  return /^[\p{L}\p{M}][\p{L}\p{M}'’ -]{0,79}$/u.test(given) ? given : "";
}

function hostOf(url: string | null): string | undefined {
  return url === null ? undefined : new URL(url).host;
}
