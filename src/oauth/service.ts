/** The token server: the requests to its endpoints, and what other rooms ask of it. */
import type { Principal } from "../accounts/principal.ts";
import { newToken, type TokenHasher } from "../accounts/tokens.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import type { ClientAddresses } from "../http/client-address.ts";
import type { Logger } from "../log.ts";
import type { SecretBox } from "../secrets/seal.ts";
import type { Rounds } from "../rounds.ts";
import type { Store, Transaction } from "../store/store.ts";
import { AccessTokens, type ProofDenied, type Scheme } from "./access.ts";
import type { AuthorizationRequest } from "./authorization-request.ts";
import { type Client, ClientLogin } from "./client-login.ts";
import type { AccountRow, Accounts, Audit, People, Person, Throttles } from "./collaborators.ts";
import { type Proof, ProofError, readProof } from "./dpop.ts";
import { OAuthError } from "./error.ts";
import { type Form, readForm, required } from "./form.ts";
import { authorizationCode } from "./grants/authorization-code.ts";
import { clientCredentials } from "./grants/client-credentials.ts";
import { TOKEN_EXCHANGE } from "./grants/exchange-request.ts";
import { type GrantHandler, type GrantRoom, proofRequired } from "./grants/grant.ts";
import { refreshToken } from "./grants/refresh-token.ts";
import { tokenExchange } from "./grants/token-exchange.ts";
import { introspect, type Introspection } from "./introspection.ts";
import { type TokenAnswer, TokenMaker } from "./issue.ts";
import { Janitor } from "./janitor.ts";
import { SigningKeys } from "./keys.ts";
import { insertCode } from "./queries.ts";
import { useUpCodes } from "./restore.ts";
import { revoke } from "./revoke.ts";

export interface OAuthCollaborators {
  store: Store;
  clock: Clock;
  accounts: Accounts;
  people: People;
  audit: Audit;
  throttle: Throttles;
  addresses: ClientAddresses;
  /** Of access tokens, refresh tokens and codes. */
  hasher: TokenHasher;
  /** Seals signing keys. */
  box: SecretBox;
  config: Config["oauth"];
  /** Our address, without a trailing slash; {@link OAuthService.serveAt} says it again once it is known. */
  publicUrl: string;
}

const handlers: ReadonlyMap<string, GrantHandler> = new Map([
  ["client_credentials", clientCredentials],
  ["refresh_token", refreshToken],
  ["authorization_code", authorizationCode],
  [TOKEN_EXCHANGE, tokenExchange],
]);

/** A request to one of the endpoints that take a client's secret. */
export interface OAuthCall {
  request: Request;
  /** The request's, which its answer has too. */
  id: string;
  /** How long the body may take to arrive, milliseconds. */
  requestTimeout: number;
  /** Counts the request, once it is known whose it is. @throws Problem `too_many_requests` */
  count: (account: AccountRow) => void;
}

/** What a code is made for. */
export type NewCode = Pick<
  AuthorizationRequest,
  "account" | "redirectUri" | "scope" | "challenge" | "dpopJkt"
> & {
  user: Pick<Person, "id" | "organisationId">;
};

export class OAuthService {
  readonly #room: GrantRoom;
  readonly #addresses: ClientAddresses;
  readonly #keys: SigningKeys;
  /** Removes what has expired. */
  readonly janitor: Janitor;
  readonly #codeLife: number;
  #issuer: string;

  constructor(collaborators: OAuthCollaborators) {
    const { store, clock, accounts, people, audit, throttle, addresses, hasher, box, config } = collaborators;
    this.#issuer = collaborators.publicUrl;
    this.#addresses = addresses;
    this.#codeLife = config.codeLife;
    const issuer = () => this.#issuer;
    const keys = new SigningKeys({ store, clock, box, rotation: config.keyRotation });
    const maker = new TokenMaker({ clock, hasher, keys, refreshLife: config.refreshTokenLife });
    const login = new ClientLogin({ store, clock, accounts, throttle, audit, hasher });
    const janitor = new Janitor({ store, clock, keys });
    const access = new AccessTokens({
      ...{ store, clock, accounts, people, addresses, maker, keys, issuer },
      proofStored: () => janitor.wake(),
    });
    this.#keys = keys;
    this.janitor = janitor;
    this.#room = { store, clock, accounts, people, audit, login, maker, access, issuer };
    accounts.onChanged(() => access.forget());
    people.onChanged(() => access.forget());
  }

  /** The address under which clients know us, where that is known only once the server listens. */
  serveAt(publicUrl: string): void {
    this.#issuer = publicUrl;
  }

  get issuer(): string {
    return this.#issuer;
  }

  /** Before the first request of a server; not for the command line beside one. */
  async start(log: Pick<Logger, "warn">): Promise<void> {
    await useUpCodes(this.#room.store, this.#room.clock);
    this.janitor.start(log);
  }

  /** The rounds that make the next signing key in time; to be started once the server listens. */
  keyRotation(log: Pick<Logger, "error">): Rounds {
    return this.#keys.rounds(log);
  }

  async stop(): Promise<void> {
    await this.janitor.stop();
  }

  /**
   * `POST /oauth/token`. What is checked comes in this order: the form, the client's secret, its standing and address,
   * its proof of possession, the kind of grant; then, with the grant, its code and scope.
   * @throws OAuthError
   */
  async token(call: OAuthCall): Promise<TokenAnswer> {
    const { form, client } = await this.#enter(call, "token.issue");
    const proof = call.request.headers.has("dpop") ? await this.#proof(call.request) : undefined;
    if (client.account.dpop && !proof) throw proofRequired();
    const handler = handlers.get(required(form, "grant_type"));
    if (!handler) throw new OAuthError("unsupported_grant_type", "the grant type is not supported");
    const answer = await handler(this.#room, { client, form, proof });
    this.janitor.wake();
    return answer;
  }

  /** `POST /oauth/revoke`. @throws OAuthError */
  async revoke(call: OAuthCall): Promise<void> {
    const { form, client } = await this.#enter(call, "token.revoke");
    await revoke(this.#room, client, required(form, "token"));
  }

  /** `POST /oauth/introspect`. @throws OAuthError */
  async introspect(call: OAuthCall): Promise<Introspection> {
    const { form, client } = await this.#enter(call, "token.introspect");
    return await introspect(this.#room, client.account, required(form, "token"));
  }

  /** `GET /oauth/jwks`. */
  jwks() {
    return this.#keys.shown();
  }

  /** For whoever looks after the server. */
  signingKeys() {
    return this.#keys.states();
  }

  /** Whom an access token speaks for. @param scheme  how it was sent */
  admit(
    token: string,
    request: Request,
    scheme: Scheme,
  ): Principal | ProofDenied | Promise<Principal | ProofDenied> {
    return this.#room.access.admit(token, request, scheme);
  }

  /** The account of a client id, undefined where it may not be used now. */
  async find(clientId: string): Promise<AccountRow | undefined> {
    const { store, accounts, clock } = this.#room;
    const account = await store.read((reader) => accounts.withClientId(reader, clientId));
    return account && accounts.isActive(account, clock.now()) ? account : undefined;
  }

  /** A code for what a person agreed to: good once, for `oauth.code_life`. */
  async issueCode(tx: Transaction, made: NewCode): Promise<string> {
    const { account, user, redirectUri, scope, challenge, dpopJkt } = made;
    if (user.organisationId !== account.organisationId) {
      throw new Error("an account and a user of different organisations have nothing to do with each other");
    }
    const createdAt = this.#room.clock.now();
    const code = newToken("code", createdAt);
    await tx.run(insertCode, {
      hash: this.#room.maker.hash(code),
      organisationId: account.organisationId,
      accountId: account.id,
      userId: user.id,
      ...{ redirectUri, scope, challenge, dpopJkt },
      familyId: Bun.randomUUIDv7(),
      createdAt,
      expiresAt: createdAt + this.#codeLife,
    });
    this.janitor.wake();
    return code;
  }

  async #enter(
    { request, id, requestTimeout, count }: OAuthCall,
    purpose: string,
  ): Promise<{ form: Form; client: Client }> {
    const form = await readForm(request, requestTimeout);
    const origin = { address: this.#addresses.of(request), requestId: id };
    const client = await this.#room.login.enter(request, form, origin, purpose);
    count(client.account);
    return { form, client };
  }

  async #proof(request: Request): Promise<Proof | undefined> {
    try {
      const url = this.#issuer + new URL(request.url).pathname;
      return await readProof(request, { url, clock: this.#room.clock });
    } catch (error) {
      if (error instanceof ProofError) throw new OAuthError("invalid_dpop_proof", error.message);
      throw error;
    }
  }
}
