/**
 * Which client calls. Throttle, secret, standing and address are looked at in this order, and every refusal is the
 * same answer; the reason stands in the audit log.
 */
import type { TokenHasher } from "../accounts/tokens.ts";
import { type Author, NOBODY, type Origin } from "../audit/entry.ts";
import type { Clock } from "../clock.ts";
import { Problem } from "../problem.ts";
import type { Reader, Store, Transaction } from "../store/store.ts";
import { addressKey, clientKey } from "../throttle/service.ts";
import { secondsToNextStep } from "../totp/totp.ts";
import type { AccountRow, Accounts, ApiToken, Audit, CodeUse, Throttles } from "./collaborators.ts";
import { type Credentials, credentialsOf } from "./credentials.ts";
import { invalidClient, OAuthError, totpRequired } from "./error.ts";
import type { Form } from "./form.ts";
import { type KnownClient, KnownClients } from "./known-clients.ts";
import { organisationOf } from "./queries.ts";

const CALM_MS = 1_000;
const MAX_CALM = 1_000;

const CLIENT_ID = /^acc_[0-9a-f]{32}$/;

/** A client that has shown its secret. */
export interface Client {
  account: AccountRow;
  /** The API token that it has shown. */
  token: ApiToken;
  /** Whether it came by HTTP Basic. */
  basic: boolean;
  origin: Origin;
}

export interface ClientLoginCollaborators {
  store: Store;
  clock: Clock;
  accounts: Accounts;
  throttle: Throttles;
  audit: Audit;
  hasher: TokenHasher;
}

export class ClientLogin {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #accounts: Accounts;
  readonly #throttle: Throttles;
  readonly #audit: Audit;
  readonly #hasher: TokenHasher;
  readonly #known: KnownClients;
  /** Addresses and clients of whose keys none had failures, with the time until which that is believed. */
  readonly #calm = new Map<string, number>();

  constructor({ store, clock, accounts, throttle, audit, hasher }: ClientLoginCollaborators) {
    this.#store = store;
    this.#clock = clock;
    this.#accounts = accounts;
    this.#throttle = throttle;
    this.#audit = audit;
    this.#hasher = hasher;
    this.#known = new KnownClients({ store, clock });
    accounts.onChanged(() => this.#known.forget());
  }

  /**
   * @param purpose  what the audit log calls it, should it be denied
   * @throws OAuthError `invalid_client`, `invalid_request`; 429 while it is slowed down
   */
  enter(request: Request, form: Form, origin: Origin, purpose: string): Client | Promise<Client> {
    const credentials = credentialsOf(request, form);
    const key = this.#hasher.hash(`client:${credentials.clientId} ${credentials.secret}`);
    // Who asks again and again is known, and nothing has to be read.
    const known = this.#isCalm(credentials.clientId, origin) ? this.#known.find(key) : undefined;
    if (known && this.#objection(known, origin) === undefined) {
      return { account: known.account, token: known.token, basic: credentials.basic, origin };
    }
    return this.#look(credentials, key, origin, purpose);
  }

  async #look(credentials: Credentials, key: string, origin: Origin, purpose: string): Promise<Client> {
    const { clientId, basic } = credentials;
    // What is no client id of ours may be a secret in the wrong place: it is not stored as it came.
    const name = CLIENT_ID.test(clientId) ? clientId : this.#hasher.hash(`client:${clientId}`);
    const keys = [addressKey(origin.address), clientKey(origin.address, name)];
    const { failed, reason, account, token } = await this.#store.read(async (reader) => ({
      failed: await this.#failed(reader, keys, clientId, origin),
      ...(await this.#identify(reader, credentials, key, origin)),
    }));
    if (reason !== undefined || !account || !token) {
      // Every refusal counts alike, so that slowing down tells nothing either.
      await Promise.all([
        this.#store.write((tx) => this.#throttle.fail(tx, keys)),
        this.#audit.note(authorOf(account, clientId, origin), {
          action: purpose,
          outcome: "denied",
          ...(account && { target: `account:${account.clientId}` }),
          detail: { reason: reason ?? "unknown client" },
        }),
      ]);
      this.#calm.clear();
      throw invalidClient(basic);
    }
    // An address is not forgiven for one who succeeds there: the others may be guessing.
    const forgiven = failed.filter((key) => key === keys[1]);
    if (forgiven.length > 0) await this.#store.write((tx) => this.#throttle.clear(tx, forgiven));
    return { account, token, basic, origin };
  }

  /** Who it is by its secret, and what stands against it. */
  async #identify(
    reader: Reader,
    credentials: Credentials,
    key: string,
    origin: Origin,
  ): Promise<{ account?: AccountRow; token?: ApiToken; reason?: string | undefined }> {
    const known = this.#known.find(key) ?? (await this.#verify(reader, credentials, key));
    if ("reason" in known) return known;
    const { account, token } = known;
    return { account, token, reason: this.#objection(known, origin) };
  }

  /**
   * That none of the keys has failures is believed for a second: two look-ups less for a client that asks again and
   * again.
   */
  #isCalm(clientId: string, { address }: Origin): boolean {
    return (this.#calm.get(`${address} ${clientId}`) ?? 0) > this.#clock.now();
  }

  /**
   * Those of the keys that have failures.
   * @throws OAuthError 429 when one of them is blocked
   */
  async #failed(
    reader: Reader,
    keys: readonly string[],
    clientId: string,
    origin: Origin,
  ): Promise<readonly string[]> {
    if (this.#isCalm(clientId, origin)) return [];
    const now = this.#clock.now();
    const failed = await this.#throttle.check(reader, keys).catch((error: unknown) => {
      throw error instanceof Problem ? slowedDown(error) : error;
    });
    if (failed.length === 0 && CLIENT_ID.test(clientId)) {
      if (this.#calm.size >= MAX_CALM) this.#calm.clear();
      this.#calm.set(`${origin.address} ${clientId}`, now + CALM_MS);
    }
    return failed;
  }

  async #verify(
    reader: Reader,
    { clientId, secret }: Pick<Credentials, "clientId" | "secret">,
    key: string,
  ): Promise<KnownClient | { account?: AccountRow; reason: string }> {
    const { generation } = this.#known;
    const { account, token } = await this.#accounts.verifyClient(reader, clientId, secret);
    if (!account) return { reason: "unknown client" };
    if (!token) return { account, reason: "wrong secret" };
    const [organisation] = await reader.run(organisationOf, { id: account.organisationId });
    if (!organisation) throw new Error(`organisation ${account.organisationId} is not there`);
    const client = { account, token, organisationAllowedIps: organisation.allowedIps };
    this.#known.keep(key, client, generation);
    return client;
  }

  /** What stands against a client whose secret is right. */
  #objection({ account, organisationAllowedIps }: KnownClient, { address }: Origin): string | undefined {
    if (account.deletedAt !== null) return "the account is deleted";
    if (account.disabledAt !== null) return "the account is disabled";
    if (!this.#accounts.isActive(account, this.#clock.now())) return "the account has expired";
    const allowed = this.#accounts.mayUseFrom(account, organisationAllowedIps, address);
    return allowed ? undefined : "not from this address";
  }

  /**
   * Asks for a one-time code where the account has TOTP.
   *
   * Inside the write that grants the token: of those who come side by side with one code, one gets it. What is
   * returned is to be thrown after the write, for a wrong code must be counted.
   */
  async useCode(tx: Transaction, client: Client, code: string | undefined): Promise<OAuthError | undefined> {
    const { account, basic, origin } = client;
    if (account.totpSecret === null) return undefined;
    const use = await this.#accounts.useTotp(tx, account, code, origin);
    return use === "ok" ? undefined : this.#refusal(use, basic);
  }

  #refusal(use: Exclude<CodeUse, "ok">, basic: boolean): OAuthError {
    const now = this.#clock.now();
    if (use === "missing") return totpRequired(basic);
    if (use === "wrong") return invalidClient(basic);
    if (use === "used") return invalidClient(basic, secondsToNextStep(now));
    return invalidClient(basic, Math.ceil((use.lockedUntil - now) / 1000));
  }
}

function authorOf(account: AccountRow | undefined, clientId: string, origin: Origin): Author {
  return {
    organisationId: account?.organisationId ?? NOBODY,
    subject: null,
    actor: null,
    // What somebody made up is not kept: it may be a secret in the wrong place.
    client: account ? clientId : null,
    origin,
  };
}

function slowedDown({ message, headers }: Problem): OAuthError {
  return new OAuthError("temporarily_unavailable", message, { status: 429, headers });
}
