/** Logins of people in a browser: who holds the cookie is the person, until the session ends. */
import { randomBytes } from "node:crypto";

import type { TokenHasher } from "../accounts/tokens.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import type { Store, Transaction } from "../store/store.ts";
import {
  deleteExpiredSessions,
  deleteSession,
  deleteSessionsOf,
  insertSession,
  seeSession,
  sessionByHash,
  type SessionRow,
} from "./queries.ts";

export interface Session {
  userId: string;
  organisationId: number;
}

/** One that lasts. */
export interface OpenSession extends Session {
  /** When it ends in any case, milliseconds since 1970. */
  expiresAt: number;
}

/** How often at most it is written that a session was seen, milliseconds. */
const SEEN_EVERY_MS = 60_000;
/** Removed with each login, so that nothing has to wake up for it. */
const EXPIRED_AT_ONCE = 100;

/** 256 random bits: the value of a cookie. */
export function newCookieValue(): string {
  return randomBytes(32).toString("base64url");
}

export class SessionService {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #hasher: TokenHasher;
  readonly #limits: Config["sessions"];

  constructor(collaborators: {
    store: Store;
    clock: Clock;
    hasher: TokenHasher;
    limits: Config["sessions"];
  }) {
    this.#store = collaborators.store;
    this.#clock = collaborators.clock;
    this.#hasher = collaborators.hasher;
    this.#limits = collaborators.limits;
  }

  /** Begins a session. @returns the cookie's value, which is never stored */
  async start(tx: Transaction, { userId, organisationId }: Session): Promise<string> {
    const value = newCookieValue();
    const now = this.#clock.now();
    await tx.run(deleteExpiredSessions, { now, limit: EXPIRED_AT_ONCE });
    await tx.run(insertSession, {
      ...{ hash: this.#hasher.hash(value), userId, organisationId },
      ...{ createdAt: now, lastSeenAt: now, expiresAt: now + this.#limits.life },
    });
    return value;
  }

  /**
   * The session of a cookie's value, which is thereby used; undefined when it has ended or never was.
   * @param idle  milliseconds for which its person has done nothing: what a page asks by itself is no use
   */
  async use(value: string, idle = 0): Promise<OpenSession | undefined> {
    const hash = this.#hasher.hash(value);
    const [row] = await this.#store.read((reader) => reader.run(sessionByHash, { hash }));
    const now = this.#clock.now();
    if (!row || now >= endOf(row, this.#limits)) return undefined;
    if (isLongSeen(row, this.#limits, now - idle)) {
      await this.#store.write((tx) => tx.run(seeSession, { hash, at: now - idle }));
    }
    const { userId, organisationId, createdAt, expiresAt } = row;
    return { userId, organisationId, expiresAt: Math.min(expiresAt, createdAt + this.#limits.life) };
  }

  /** Ends the session of a cookie's value, if there is one. */
  async end(tx: Transaction, value: string): Promise<void> {
    await tx.run(deleteSession, { hash: this.#hasher.hash(value) });
  }

  /** Ends every session of a person. */
  async endAll(tx: Transaction, userId: string): Promise<void> {
    await tx.run(deleteSessionsOf, { userId });
  }
}

/**
 * When a session ends that is not used again, milliseconds since 1970. The settings of today decide, should they have
 * become stricter since it began.
 */
export function endOf(
  { createdAt, lastSeenAt, expiresAt }: Pick<SessionRow, "createdAt" | "lastSeenAt" | "expiresAt">,
  limits: Config["sessions"],
): number {
  return Math.min(expiresAt, createdAt + limits.life, lastSeenAt + limits.idle);
}

/** Whether it is time to write that a session was seen. Where people are sent away sooner than after some minutes, a minute is too coarse. */
export function isLongSeen(
  { lastSeenAt }: Pick<SessionRow, "lastSeenAt">,
  limits: Config["sessions"],
  now: number,
): boolean {
  return now - lastSeenAt >= Math.min(SEEN_EVERY_MS, limits.idle / 2);
}
