/**
 * What a login key leads to: a page where its reader chooses a password, and the way back to the partner's site.
 *
 * Looking (GET) changes nothing, as mail scanners and previews do it. The key is all that is needed, and each step looks
 * at it anew; the address of a form does not have it, so it stands in no log on the way.
 */
import { type Author, NOBODY, type Origin } from "../../audit/entry.ts";
import type { AuditLog } from "../../audit/service.ts";
import { type ClientAddresses, originOf } from "../../http/client-address.ts";
import type { BodyLimits } from "../../http/json.ts";
import { pageAnswer, redirectAnswer } from "../../oauth/authorize/answer.ts";
import { readFields } from "../../oauth/authorize/fields.ts";
import { chooseLanguage, type Language } from "../../oauth/authorize/language.ts";
import { waitText } from "../../oauth/authorize/texts/texts.ts";
import type { OrganisationService } from "../../organisations/service.ts";
import { allowedReturnUrl, withUserKey } from "../../organisations/return-url.ts";
import type { PasswordGate } from "../../passwords/gate.ts";
import { parsePassword } from "../../passwords/policy.ts";
import { Problem } from "../../problem.ts";
import { sameSite } from "../../sessions/forgery.ts";
import type { Reader, Store, Transaction } from "../../store/store.ts";
import { addressKey, clientKey, type Throttle } from "../../throttle/service.ts";
import type { MailedUsers } from "../../users/by-mail.ts";
import type { UserRow } from "../../users/queries.ts";
import type { LoginKeyRow } from "./key-queries.ts";
import type { KeyState, LoginKeys } from "./login-keys.ts";
import { busyPage, donePage, endedPage, type Ending, passwordPage, sentPage } from "./pages.ts";
import type { Registrations } from "./registration.ts";
import { pageTexts } from "./texts/texts.ts";

export interface PasswordPageDependencies {
  store: Store;
  keys: LoginKeys;
  registrations: Registrations;
  mailedUsers: MailedUsers;
  organisations: Pick<OrganisationService, "byId" | "settings">;
  gate: PasswordGate;
  throttle: Throttle;
  audit: Pick<AuditLog, "note">;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Of people who register themselves. */
  userRoles: readonly string[];
  /** Without a trailing slash. */
  publicUrl: string;
}

/** What a key came to. */
interface Visit {
  request: Request;
  origin: Origin;
  key: string;
  state: KeyState;
  language: Language;
}

/** A link that is good no more is gone (RFC 9110, 15.5.11). */
const STATUS: Record<Ending, number> = { used: 410, expired: 410, unknown: 404, closed: 403 };

export class PasswordPages {
  readonly #with: PasswordPageDependencies;

  constructor(dependencies: PasswordPageDependencies) {
    this.#with = dependencies;
  }

  /** `GET`: the link in the mail. */
  show(request: Request): Promise<Response> {
    return this.#answer(request, async () => {
      const key = new URL(request.url).searchParams.get("key") ?? "";
      const visit = await this.#visit(request, key);
      if (visit.state.kind !== "good") return await this.#ended(visit, visit.state.kind);
      return await this.#form(visit, visit.state.row);
    });
  }

  /** `POST`: a form of one of the pages. */
  submit(request: Request): Promise<Response> {
    return this.#answer(request, async () => {
      if (!sameSite(request, this.#with.publicUrl))
        throw new Problem("forbidden", "The form was sent by another site.");
      const fields = await readFields(request, this.#with.limits);
      const visit = await this.#visit(request, fields.get("key") ?? "");
      const { state } = visit;
      if (state.kind === "unknown") return await this.#ended(visit, "unknown");
      if (fields.get("step") === "again") return await this.#again(visit, state.row);
      if (state.kind !== "good") return await this.#refuse(visit, state.row, state.kind);
      return await this.#set(visit, state.row, fields.get("password") ?? "", fields.get("repeat") ?? "");
    });
  }

  /** Looks at a key. Those that there are not count as guesses. @throws Problem `too_many_requests` */
  async #visit(request: Request, key: string): Promise<Visit> {
    const { store, keys, throttle, addresses } = this.#with;
    const origin = originOf(addresses, request);
    const guesses = [addressKey(origin.address), clientKey(origin.address, "login-key")];
    const state = await store.read(async (reader) => {
      await throttle.check(reader, guesses);
      return await keys.look(reader, key);
    });
    if (state.kind === "unknown") {
      await store.write((tx) => throttle.fail(tx, guesses));
      await this.#denied(origin, NOBODY, "unknown");
    }
    return { request, origin, key, state, language: languageFor(request, state) };
  }

  /** Writes down that a key did not let its bearer in; never which. */
  async #denied(origin: Origin, organisationId: number, reason: Ending): Promise<void> {
    const nobody: Author = { organisationId, subject: null, actor: null, client: null, origin };
    await this.#with.audit.note(nobody, { action: "login_key.use", outcome: "denied", detail: { reason } });
  }

  async #form(visit: Visit, row: LoginKeyRow, error?: string, status = 200): Promise<Response> {
    const { request, language, key } = visit;
    const { store, organisations } = this.#with;
    const holder = await store.read((reader) => this.#holder(reader, row));
    if (holder === "closed") return await this.#ended(visit, "closed");
    const organisation = await organisations.byId(row.organisationId);
    const target = await this.#target(row);
    const text = passwordPage(
      {
        ...{ language, key, organisation: organisation.name, next: target?.host },
        username: holder?.username ?? row.email,
      },
      error,
    );
    return pageAnswer(request, text, { status, language, ...(target && { target: target.href }) });
  }

  async #set(visit: Visit, row: LoginKeyRow, password: string, repeat: string): Promise<Response> {
    const { store, gate, keys } = this.#with;
    const { request, language, origin } = visit;
    const { wrong } = pageTexts(language);
    if (password !== repeat) return await this.#form(visit, row, wrong.differ, 422);
    const holder = await store.read((reader) => this.#holder(reader, row));
    if (holder === "closed") return await this.#refuse(visit, row, "closed");
    const known = [row.email, row.name, ...(holder ? [holder.username, holder.name] : [])];
    if (!isFit(password, known)) {
      const error = [...password.normalize("NFC")].length < 12 ? wrong.short : wrong.unfit;
      return await this.#form(visit, row, error, 422);
    }
    const passwordHash = await gate.hash(password);
    const user = await store.write(async (tx) => {
      // Somebody may have been quicker, and the account may have been closed, while it was hashed.
      const who = await this.#holder(tx, row);
      if (who === "closed") return who;
      if (!(await keys.use(tx, row))) return "used";
      const entered = await this.#enter(tx, row, who, passwordHash, origin);
      await keys.endOthers(tx, row, entered.id);
      return entered;
    });
    if (typeof user === "string") return await this.#refuse(visit, row, user);
    const target = await this.#target(row);
    if (target) return redirectAnswer(request, withUserKey(target, user.id));
    const { name } = await this.#with.organisations.byId(row.organisationId);
    return pageAnswer(request, donePage(language, name), { language });
  }

  async #enter(
    tx: Transaction,
    { organisationId, email, name }: LoginKeyRow,
    who: UserRow | undefined,
    passwordHash: string,
    origin: Origin,
  ): Promise<UserRow> {
    const { mailedUsers, userRoles: roles } = this.#with;
    if (who) return await mailedUsers.enter(tx, who, passwordHash, origin);
    return await mailedUsers.register(tx, { organisationId, email, name, roles, passwordHash }, origin);
  }

  /** Whose password it sets; undefined: of somebody new. */
  async #holder(reader: Reader, row: LoginKeyRow): Promise<UserRow | "closed" | undefined> {
    const { mailedUsers } = this.#with;
    if (row.userId !== null) return (await mailedUsers.find(reader, row.userId, row.email)) ?? "closed";
    // Somebody may have made an account for the address meanwhile: it is its reader's.
    const { open, closed } = await mailedUsers.at(reader, row.organisationId, row.email);
    const [first] = open;
    if (first) return (await mailedUsers.find(reader, first.id, row.email)) ?? "closed";
    return closed.length > 0 ? "closed" : undefined;
  }

  /** Another link, to the same address, within the limits. */
  async #again({ request, language, origin }: Visit, row: LoginKeyRow): Promise<Response> {
    const { organisations, registrations } = this.#with;
    const organisation = await organisations.byId(row.organisationId);
    const target = await this.#target(row);
    const { email, name } = row;
    const by: Author = {
      organisationId: row.organisationId,
      subject: null,
      actor: null,
      client: null,
      origin,
    };
    const asked = { email, name, returnUrl: target?.href ?? null, language: row.language };
    await registrations.ask(organisation, by, asked);
    return pageAnswer(request, sentPage(language, organisation.name, email), { language });
  }

  /** Where its reader is sent back to, while the organisation allows it. */
  async #target({ organisationId, returnUrl }: LoginKeyRow): Promise<URL | undefined> {
    if (returnUrl === null) return undefined;
    return allowedReturnUrl(returnUrl, (await this.#with.organisations.settings(organisationId)).returnUrls);
  }

  async #ended({ request, language, key, state }: Visit, ending: Ending): Promise<Response> {
    const row = state.kind === "unknown" ? undefined : state.row;
    const organisation = row && (await this.#with.organisations.byId(row.organisationId)).name;
    const again = ending === "used" || ending === "expired" ? key : undefined;
    const text = endedPage(language, ending, organisation, again);
    return pageAnswer(request, text, { status: STATUS[ending], language });
  }

  /** A password was to be set by a key that is good no more: opening its link alone is no denial. */
  async #refuse(visit: Visit, { organisationId }: LoginKeyRow, ending: Ending): Promise<Response> {
    await this.#denied(visit.origin, organisationId, ending);
    return await this.#ended(visit, ending);
  }

  /** Too much at once is told on a page, too. */
  async #answer(request: Request, answer: () => Promise<Response>): Promise<Response> {
    try {
      return await answer();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "too_many_requests") throw error;
      const language = chooseLanguage(request.headers.get("accept-language"));
      const retryAfter = Number(error.headers["retry-after"] ?? 1);
      const text = busyPage(language, waitText(retryAfter, language));
      return pageAnswer(request, text, { status: error.status, language, retryAfter });
    }
  }
}

/** The reader's own, where there is one that the pages exist in; else that of the mail. */
function languageFor(request: Request, state: KeyState): Language {
  const accept = request.headers.get("accept-language") ?? "";
  return chooseLanguage(state.kind === "unknown" ? accept : `${accept},${state.row.language};q=0.001`);
}

function isFit(password: string, known: readonly string[]): boolean {
  try {
    parsePassword(password, "password", known);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === "invalid") return false;
    throw error;
  }
}
