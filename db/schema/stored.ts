/** The shapes of what is stored as JSON. */

/** JSON that is sealed (AES-256-GCM, `secrets/seal.ts`): what holds secrets that must be read again. */
export type SealedJson = string;

/** What may be done: `grants/grant.ts` says what the members mean. */
export interface StoredGrant {
  resource: string;
  actions: string[];
  /** Which records: for each filter field named, the values that it may have. */
  where?: Record<string, (string | number | boolean)[]>;
  /** Which fields of them; not given, all. */
  fields?: "all" | "public" | string[];
}

/** An account that acted in another's name, and the one that acted through it. RFC 8693, 4.1. */
export interface StoredActor {
  clientId: string;
  actor?: StoredActor;
}

/** What a receiver says itself of its bundles, durations as they were written (`5s`); the YAML says the rest. */
export interface StoredBundle {
  quiet?: string;
  longest?: string;
  size?: number;
}

/** The name of a schedule, or one of the receiver's own, its waits as they were written (`1h`). */
export type StoredRetry = string | { steps: string[]; then: "fail" | "repeat" };

/** Which changes a receiver wants: filter fields of the record, each with the values that it may have. */
export type StoredContentFilter = Record<string, (string | number | boolean)[]>;

/** At most so many attempts in a window, as it was written (`60s`). */
export interface StoredRate {
  requests: number;
  window: string;
}
