/** What the ways to a token have in common: a call that may be one, and the write that grants it. */
import type { AuditEntry, Author } from "../../audit/entry.ts";
import type { Clock } from "../../clock.ts";
import type { Stage, Store, Transaction } from "../../store/store.ts";
import type { AccessTokens } from "../access.ts";
import type { Client, ClientLogin } from "../client-login.ts";
import type { AccountRow, Accounts, Audit, People, Person } from "../collaborators.ts";
import { type Proof, spendProof } from "../dpop.ts";
import { OAuthError } from "../error.ts";
import type { Form } from "../form.ts";
import type { Draft, Issued, TokenAnswer, TokenMaker } from "../issue.ts";
import { endFamily } from "../revocation.ts";
import { namesOf } from "../standing.ts";

export interface GrantRoom {
  store: Store;
  clock: Clock;
  accounts: Accounts;
  people: People;
  audit: Audit;
  login: ClientLogin;
  maker: TokenMaker;
  access: AccessTokens;
  /** Our address. */
  issuer: () => string;
}

/** A request for a token, of a client that has shown its secret. */
export interface GrantCall {
  client: Client;
  form: Form;
  /** Of the key to which the token is to be bound. */
  proof: Proof | undefined;
}

/** @throws OAuthError */
export type GrantHandler = (room: GrantRoom, call: GrantCall) => Promise<TokenAnswer>;

/** No token, and why: the client is told `error`, the audit log `entry`. */
export interface Refused {
  error: OAuthError;
  entry?: AuditEntry;
}

/** What was granted, and what else the answer says. */
export interface Granted {
  issued: Issued;
  more?: Partial<TokenAnswer>;
}

/**
 * Runs the write that grants a token. What `work` refuses it returns: what was written until then (a wrong code was
 * counted, a family ended) is to be kept.
 */
export async function grantToken(
  room: GrantRoom,
  call: GrantCall,
  work: (tx: Transaction, draft: Draft) => Promise<Granted | Refused>,
): Promise<TokenAnswer> {
  const { client, proof } = call;
  const drafted = room.maker.draft(client.account);
  const draft = drafted instanceof Promise ? await drafted : drafted;
  const result = await room.store.write(async (tx) => {
    if (proof && !(await spendProof(tx, proof))) {
      return { error: new OAuthError("invalid_dpop_proof", "the proof was used before") };
    }
    return await work(tx, draft);
  });
  if ("error" in result) {
    if (result.entry) await room.audit.note(authorOf(client), result.entry);
    throw result.error;
  }
  const token =
    draft.kind === "opaque" ? draft.token : await room.maker.sign(draft, result.issued, room.issuer());
  const answer = room.maker.answer(token, result.issued, room.issuer());
  return result.more ? { ...answer, ...result.more } : answer;
}

/** The client as the author of what it does for itself, or for a person. */
export function authorOf(
  { account, origin }: Pick<Client, "account" | "origin">,
  person?: Person,
  actor: Parameters<typeof namesOf>[2] = null,
): Author {
  return { organisationId: account.organisationId, ...namesOf(account, person, actor), origin };
}

export function denied(action: string, account: AccountRow, reason: string): AuditEntry {
  return { action, outcome: "denied", target: `account:${account.clientId}`, detail: { reason } };
}

/** Code and refresh token alike: the client learns that it is no good, and not why. */
export function invalidGrant(): OAuthError {
  return new OAuthError("invalid_grant", "the grant is not good, or not for this request");
}

export function proofRequired(): OAuthError {
  return new OAuthError("invalid_dpop_proof", "a proof of possession is required");
}

/** Whether the account is given refresh tokens when it logs in as itself: where that costs a code, and where it is said. */
export function mayRefresh({ totpSecret, tokenRefresh }: AccountRow): boolean {
  return totpSecret !== null || tokenRefresh;
}

/** What is good once was used again: all that came of it ends. */
export async function endReused(
  room: GrantRoom,
  tx: Transaction,
  client: Client,
  { what, familyId }: { what: "code" | "refresh token"; familyId: string },
): Promise<Refused> {
  const ended = await endFamily(tx, familyId);
  if (ended > 0) {
    // Once: whoever repeats it ends nothing any more.
    room.audit.record(tx, authorOf(client), {
      ...denied("token.reuse", client.account, `a used ${what} was used again`),
      detail: { what, ended },
    });
    forgetAfter(tx, room.access);
    return { error: invalidGrant() };
  }
  return { error: invalidGrant(), entry: denied("token.reuse", client.account, `a used ${what}`) };
}

const forgetting: Stage<AccessTokens> = {
  apply: async () => {},
  committed: (items) => {
    for (const access of new Set(items)) access.forget();
  },
};

/** When the write is on disk, tokens are looked at anew. */
export function forgetAfter(tx: Transaction, access: AccessTokens): void {
  tx.defer(forgetting, access);
}
