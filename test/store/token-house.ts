/** A whole server without a socket, on a clock that tests move: clients, people, and what they send. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSync } from "otplib";

import { shellEditor } from "../../src/accounts/editor.ts";
import type { Organisation } from "../../src/accounts/principal.ts";
import { type Clock, ManualClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createApp } from "../../src/http/app.ts";
import { createLogger } from "../../src/log.ts";
import { openServices, type Services } from "../../src/services.ts";
import { makeDatabase, type TestDatabase } from "./databases.ts";

export const ISSUER = "https://koppla.example";
export const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
export const USERNAME = "urn:koppla:token-type:username";

const CONFIG = `
types:
  trainings: { object: training, key: integer, filters: [institute_id], schema: { type: object, properties: { institute_id: { type: integer } } } }
  articles: { object: article, key: integer }
roles:
  editor: { grants: [{ resource: trainings, actions: [read, write] }] }
  reader: { grants: [{ resource: trainings, actions: [read] }] }
  personnel: { grants: [{ resource: users, actions: [manage] }, { resource: trainings, actions: [read] }] }
oauth: { code_life: 60s, refresh_token_life: 30d, key_rotation: 30d }
`;

/** What a test knows of an account. */
export interface Machine {
  id: string;
  clientId: string;
  secret: string;
  /** The TOTP secret, where it has one. */
  totp: string | undefined;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** The text, byte for byte. */
  text: string;
  body: Record<string, unknown>;
}

export type Fields = Record<string, string | undefined>;

export class TokenHouse {
  readonly clock: ManualClock;
  /** From where requests come. */
  address = "192.0.2.7";
  #app: ReturnType<typeof createApp>;
  #tenants = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly services: Services,
    readonly folder: string,
    clock: ManualClock,
    public organisation: Organisation,
  ) {
    this.clock = clock;
    const log = createLogger({ level: "error", format: "json" });
    this.#app = createApp({
      ...{ services, log, publicUrl: ISSUER, nudge: () => {} },
      stopping: new AbortController().signal,
    });
    services.addresses.bind({ requestIP: () => ({ address: this.address }) });
  }

  static async open(kind: "sqlite" | "postgres"): Promise<TokenHouse> {
    const folder = mkdtempSync(join(tmpdir(), "koppla-tokens-"));
    const database = await makeDatabase(kind, "normal");
    const { options } = database;
    const url = options.kind === "sqlite" ? `sqlite:${options.path}` : options.url;
    const file = join(folder, "koppla.yaml");
    writeFileSync(
      file,
      `database: { url: "${url}", durability: normal }
secrets: { key_file: ./koppla.key }
server: { public_url: "${ISSUER}" }
${CONFIG}`,
    );
    const clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
    const services = await openServices(await loadConfig(file, {}), clock);
    const organisation = await services.organisations.create({ code: "demo", name: "Demo" });
    return new TokenHouse(database, services, folder, clock, organisation);
  }

  /** A second server on the same database. */
  async twin(clock: Clock = this.clock): Promise<Services> {
    return await openServices(await loadConfig(join(this.folder, "koppla.yaml"), {}), clock);
  }

  /** For the next test: an organisation of its own, and an address at which nobody has failed. */
  async renew(): Promise<void> {
    const code = `tenant-${++this.#tenants}`;
    this.organisation = await this.services.organisations.create({ code, name: code });
    this.address = `198.51.100.${this.#tenants % 250}`;
    this.clock.advance(3_600_000);
  }

  async account(more: Record<string, unknown> = {}): Promise<Machine> {
    const body = { name: "ERP", grants: [{ resource: "trainings", actions: ["read", "write"] }], ...more };
    const made = await this.services.accounts.createFrom(body, shellEditor(this.organisation.id));
    return { id: made.id, clientId: made.clientId, secret: made.token, totp: made.totp?.secret };
  }

  async user(
    username: string,
    more: Record<string, unknown> = {},
  ): Promise<{ id: string; username: string }> {
    const body = { username, email: `${username}@example.org`, roles: ["editor"], ...more };
    const { user } = await this.services.users.create(shellEditor(this.organisation.id), body);
    return { id: user.id, username };
  }

  async policy(machine: Machine, more: Record<string, unknown>): Promise<string> {
    const body = { scopes: ["trainings:*"], life: "10m", ...more };
    const { accounts } = this.services;
    const by = shellEditor(this.organisation.id);
    return (await accounts.credentials.addPolicy(by, machine.clientId, body)).id;
  }

  /** A code as the authorize page makes one. @param challenge  PKCE */
  async code(
    machine: Machine,
    user: { id: string },
    more: { challenge: string; redirectUri?: string; scope?: string; dpopJkt?: string | null },
  ): Promise<string> {
    const { store, oauth, accounts } = this.services;
    const account = await store.read((reader) => accounts.byId(reader, machine.id));
    if (!account) throw new Error("there is no such account");
    return await store.write((tx) =>
      oauth.issueCode(tx, {
        ...{ account, redirectUri: "https://client.example/cb", scope: "trainings:read", dpopJkt: null },
        user: { ...user, organisationId: account.organisationId },
        ...more,
      }),
    );
  }

  /** The code that the account's device shows now, or some steps from now. */
  totp({ totp }: Machine, steps = 0): string {
    if (totp === undefined) throw new Error("the account has no TOTP");
    return generateSync({ secret: totp, epoch: this.clock.now() / 1000 + steps * 30 });
  }

  /** Posts a form to an endpoint, the client's secret in it. */
  post(path: string, machine: Machine | undefined, fields: Fields, headers: Fields = {}): Promise<Answer> {
    const client = machine ? { client_id: machine.clientId, client_secret: machine.secret } : {};
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...client, ...fields }))
      if (value !== undefined) form.set(name, value);
    return this.send(path, { method: "POST", headers, body: form });
  }

  token(machine: Machine | undefined, fields: Fields, headers: Fields = {}): Promise<Answer> {
    return this.post("/oauth/token", machine, fields, headers);
  }

  /** A token by client credentials, which must be given. */
  async login(machine: Machine, fields: Fields = {}): Promise<Record<string, string>> {
    const answer = await this.token(machine, { grant_type: "client_credentials", ...fields });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return answer.body as Record<string, string>;
  }

  async send(
    path: string,
    init: { method?: string; headers?: Fields; body?: string | URLSearchParams } = {},
  ): Promise<Answer> {
    const headers = new Headers();
    for (const [name, value] of Object.entries(init.headers ?? {})) if (value) headers.set(name, value);
    const response = await this.#app.handle(new Request(`http://localhost${path}`, { ...init, headers }));
    const text = await response.text();
    const body = text.startsWith("{") ? JSON.parse(text) : {};
    return { status: response.status, headers: response.headers, text, body };
  }

  /** `GET /api/v1/me` with an access token. */
  me(token: unknown, headers: Fields = {}): Promise<Answer> {
    return this.send("/api/v1/me", { headers: { authorization: `Bearer ${String(token)}`, ...headers } });
  }

  /** The audit log's newest events, newest first. */
  async events(action?: string): Promise<{ action: string; outcome: string; [name: string]: unknown }[]> {
    const rows = await this.services.store.read((reader) =>
      reader.query(({ db, t }) => db.select().from(t.auditEvents)),
    );
    return rows
      .filter((row) => row.organisationId === this.organisation.id && (!action || row.action === action))
      .sort((a, b) => b.sequence - a.sequence)
      .map((row) => ({ ...row, detail: JSON.parse(row.detail) }));
  }

  async close(): Promise<void> {
    await this.services.close();
    await this.database.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
