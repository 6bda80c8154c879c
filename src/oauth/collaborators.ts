/** What the token server needs of other rooms. */
import type { Organisation } from "../accounts/principal.ts";
import type { AccountRow } from "../accounts/account.ts";
import type { Grant } from "../grants/grant.ts";
import type { Reader, Transaction } from "../store/store.ts";

/** Who an account may act for, and how far. */
export interface Policy {
  id: string;
  accountId: string;
  /** Usernames, and groups whose members. */
  users: readonly string[];
  groups: readonly string[];
  /** The most that may be done, `resource:action` each. */
  scopes: readonly string[];
  /** The longest life of a token, milliseconds. */
  life: number;
}

/** What became of a one-time code. */
export type CodeUse = "ok" | "missing" | "wrong" | { used: number } | { lockedUntil: number };

export interface Accounts {
  /** Takes the same time for an id that nobody has. `account` without `ok`: its secret is another. */
  verifyClient(
    reader: Reader,
    clientId: string,
    secret: string,
  ): Promise<{ ok: boolean; account?: AccountRow }>;
  byId(reader: Reader, id: string): Promise<AccountRow | undefined>;
  byClientId(reader: Reader, clientId: string): Promise<AccountRow | undefined>;
  /** Uses up the code's time step, or counts a wrong code. */
  useTotp(tx: Transaction, account: AccountRow, code: string | undefined): Promise<CodeUse>;
  policies(reader: Reader, accountId: string): Promise<Policy[]>;
}

/** A person, as far as tokens care. */
export interface Person {
  id: string;
  organisationId: number;
  username: string;
  name: string;
  /** Of its roles. */
  grants: readonly Grant[];
  groups: readonly string[];
  active: boolean;
  /** Has a right to manage accounts, people or the like: nobody may act in its name. */
  manager: boolean;
}

export interface People {
  byUsername(reader: Reader, organisationId: number, username: string): Promise<Person | undefined>;
  byId(reader: Reader, id: string): Promise<Person | undefined>;
}

export interface Organisations {
  byId(id: number): Promise<Organisation & { allowedIps: readonly string[] }>;
}
