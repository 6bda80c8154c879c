/** A receiver as the program works with it: parsed, secrets open, defaults of the YAML filled in. */
import type { KeyObject } from "node:crypto";

import type { StoredContentFilter, StoredRate } from "../../db/schema.ts";
import type { RetrySchedule } from "../config/types.ts";

export type Format = "changes" | "event" | "cloudevents";
export type Payload = "thin" | "full";
/** Of Standard Webhooks: HMAC, which all have, or ed25519 beside it. */
export type Signature = "v1" | "v1a";

/** How a receiver's requests are authenticated beside the Standard Webhooks signature that all of them carry. */
export type ReceiverAuth =
  | { protocol: "none" }
  | { protocol: "websub"; secret: string; method: "sha1" | "sha256" | "sha384" | "sha512" }
  | { protocol: "basic"; username: string; password: string }
  | { protocol: "bearer"; token: string }
  | OAuthCredentials;

/** How a receiver's token is asked for: RFC 6749, 4.4. */
export interface OAuthCredentials {
  protocol: "oauth2";
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scope?: string;
  /** The parameter `audience` that some servers ask for. */
  audience?: string;
  /** Whether the client is named by HTTP Basic or in the body. */
  clientAuth: "basic" | "post";
}

/** PEM of the only authorities that a receiver trusts, and of the certificate that we show it, with its key. */
export interface ReceiverTls {
  ca?: string;
  cert?: string;
  key?: string;
}

/** A secret (`whsec_...`) or a key (ed25519) of a receiver, of which some are in force at the same time. */
export interface Timed<T> {
  value: T;
  /** Until when it signs, milliseconds since 1970; null: it is the newest. */
  until: number | null;
}

export interface Receiver {
  id: string;
  organisationId: number;
  /** Whose rights decide what it is sent. */
  accountId: string;
  name: string;
  description: string;
  url: string;
  /** Patterns as they were given: `Trainings.*`. */
  topics: string[];
  format: Format;
  payload: Payload;
  auth: ReceiverAuth;
  /** Keys of the Standard Webhooks signature, newest first. `keys.ts` says which of them sign. */
  keys: Timed<Uint8Array>[];
  /** ed25519 private keys, newest first; empty: it does not sign with one. */
  signingKeys: Timed<KeyObject>[];
  tls: ReceiverTls | null;
  /** Milliseconds, and a number of changes. */
  bundle: { quiet: number; longest: number; size: number };
  retry: RetrySchedule;
  headers: Record<string, string>;
  metadata: Record<string, string>;
  /** Where its owner is told that it fails. */
  contact: string | null;
  contentFilter: StoredContentFilter;
  /** One at a time, in the order of the feed. */
  ordered: boolean;
  rate: StoredRate | null;
  whileDisabled: "keep" | "drop";
  enabled: boolean;
  disabledReason: string | null;
  disabledAt: number | null;
  /** Since when every attempt has failed, and the percent of its patience at which that was told last. */
  failingSince: number | null;
  warned: number;
  /** The last sequence of the feed that a bundle has passed. */
  cursor: number;
  createdAt: number;
  modifiedAt: number;
  deletedAt: number | null;
}

/**
 * Told after receivers were made, changed, disabled or removed in this process, when that is on disk. The ids let
 * one who keeps receivers read those alone again: with 10 000 of them, reading all for each new one is quadratic.
 */
export type ReceiversChanged = (organisationId: number, ids: readonly string[]) => void;
