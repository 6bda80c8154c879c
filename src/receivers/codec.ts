/** A receiver's three forms: the row (secrets sealed), what the program works with, and what the API shows. */
import type { StoredContentFilter, StoredRate, StoredRetry } from "../../db/schema.ts";
import { formatDuration, parseDuration } from "../config/kinds.ts";
import type { Config, RetrySchedule } from "../config/types.ts";
import { parseSecret } from "../deliveries/signature.ts";
import { isoTime } from "../http/query.ts";
import type { SecretBox } from "../secrets/seal.ts";
import { showAuth, type ShownAuth } from "./auth.ts";
import { DEFAULT_RETRY, type ReceiverPatch } from "./input.ts";
import { generateSeed, keyOfSeed } from "./keys.ts";
import type { ReceiverRow } from "./queries.ts";
import type { Format, Payload, Receiver, ReceiverAuth, ReceiverTls, Signature, Timed } from "./receiver.ts";
import { type ShownTls, showTls } from "./tls.ts";

/** A receiver in JSON, without a secret. */
export interface ShownReceiver {
  id: string;
  name: string;
  url: string;
  description: string;
  topics: string[];
  account_id: string;
  format: Format;
  payload: Payload;
  auth: ShownAuth;
  /** What holds for it, be it said by itself or by the YAML. */
  bundle: { quiet: string; longest: string; size: number };
  retry: StoredRetry;
  headers: Record<string, string>;
  metadata: Record<string, string>;
  contact: string | null;
  content_filter: StoredContentFilter;
  ordered: boolean;
  rate: StoredRate | null;
  while_disabled: "keep" | "drop";
  signature: Signature;
  tls: ShownTls | null;
  enabled: boolean;
  disabled_reason: string | null;
  disabled_at: string | null;
  /** Whether koppla.yaml keeps it. */
  provisioned: boolean;
  /** Since when every attempt has failed. */
  failing_since: string | null;
  created_at: string;
  modified_at: string;
  deleted_at?: string;
}

export class ReceiverCodec {
  readonly #box: SecretBox;
  readonly #webhooks: Pick<Config["webhooks"], "bundle" | "retrySchedules">;

  constructor(box: SecretBox, webhooks: Pick<Config["webhooks"], "bundle" | "retrySchedules">) {
    this.#box = box;
    this.#webhooks = webhooks;
  }

  sealAuth(id: string, auth: ReceiverAuth): string {
    return this.#box.seal(JSON.stringify(auth), authContext(id));
  }

  /** Whether its requests are authenticated that way. */
  hasAuth(row: ReceiverRow, auth: ReceiverAuth): boolean {
    return Bun.deepEquals(this.#auth(row), auth);
  }

  /** @param secrets  `whsec_...`, newest first */
  sealSecrets(id: string, secrets: readonly Timed<string>[]): string {
    return this.#box.seal(JSON.stringify(secrets), secretContext(id));
  }

  openSecrets({ id, secret }: Pick<ReceiverRow, "id" | "secret">): Timed<string>[] {
    const stored = JSON.parse(this.#box.open(secret, secretContext(id))) as (string | Timed<string>)[];
    // The first versions wrote the texts alone.
    return stored.map((one) => (typeof one === "string" ? { value: one, until: null } : one));
  }

  /** @param seeds  of ed25519 keys, newest first */
  sealSeeds(id: string, seeds: readonly Timed<string>[]): string {
    return this.#box.seal(JSON.stringify(seeds), signingContext(id));
  }

  openSeeds({ id, signingKey }: Pick<ReceiverRow, "id" | "signingKey">): Timed<string>[] {
    if (signingKey === null) return [];
    return JSON.parse(this.#box.open(signingKey, signingContext(id))) as Timed<string>[];
  }

  /** What is stored of what the row does not have as it was given: whether it signs with ed25519, certificates. */
  sealed(
    id: string,
    given: { signature?: Signature; tls?: ReceiverTls | null },
    current: Pick<ReceiverRow, "signingKey"> = { signingKey: null },
  ): Partial<Pick<ReceiverRow, "signingKey" | "tls">> {
    const { signature, tls } = given;
    const fresh = signature === "v1a" && current.signingKey === null;
    return {
      ...(signature === "v1" && current.signingKey !== null && { signingKey: null }),
      ...(fresh && { signingKey: this.sealSeeds(id, [{ value: generateSeed(), until: null }]) }),
      ...(tls !== undefined && {
        tls: tls === null ? null : this.#box.seal(JSON.stringify(tls), tlsContext(id)),
      }),
    };
  }

  /** The columns that a patch changes, but the account, and what switching it on or off brings with it. */
  columns(row: ReceiverRow, patch: ReceiverPatch): Partial<ReceiverRow> {
    const { account: _, enabled: __, auth, secret, signature, tls, ...columns } = patch;
    return {
      ...columns,
      ...(auth && { auth: this.sealAuth(row.id, auth) }),
      ...(secret !== undefined && { secret: this.sealSecrets(row.id, [{ value: secret, until: null }]) }),
      ...this.sealed(row.id, { ...(signature && { signature }), ...(tls !== undefined && { tls }) }, row),
    };
  }

  /** @throws SealError when the row was sealed with another key */
  open(row: ReceiverRow): Receiver {
    const { auth: _, signingKey: __, tls: ___, secret: ____, bundle, retry, ...rest } = row;
    const defaults = this.#webhooks.bundle;
    return {
      ...rest,
      auth: this.#auth(row),
      keys: this.openSecrets(row).map(({ value, until }) => ({ value: parseSecret(value), until })),
      signingKeys: this.openSeeds(row).map(({ value, until }) => ({ value: keyOfSeed(value), until })),
      tls: this.#tls(row),
      bundle: {
        quiet: milliseconds(bundle.quiet) ?? defaults.quiet,
        longest: milliseconds(bundle.longest) ?? defaults.longest,
        size: bundle.size ?? defaults.size,
      },
      retry: this.#schedule(retry),
    };
  }

  show(row: ReceiverRow): ShownReceiver {
    const { quiet, longest, size } = this.#webhooks.bundle;
    const tls = this.#tls(row);
    return {
      id: row.id,
      name: row.name,
      url: row.url,
      description: row.description,
      topics: row.topics,
      account_id: row.accountId,
      format: row.format,
      payload: row.payload,
      auth: showAuth(this.#auth(row)),
      bundle: { quiet: formatDuration(quiet), longest: formatDuration(longest), size, ...row.bundle },
      retry: row.retry,
      headers: row.headers,
      metadata: row.metadata,
      contact: row.contact,
      content_filter: row.contentFilter,
      ordered: row.ordered,
      rate: row.rate,
      while_disabled: row.whileDisabled,
      signature: row.signingKey === null ? "v1" : "v1a",
      tls: tls && showTls(tls),
      enabled: row.enabled,
      disabled_reason: row.disabledReason,
      disabled_at: row.disabledAt === null ? null : isoTime(row.disabledAt),
      provisioned: row.provisioned,
      failing_since: row.failingSince === null ? null : isoTime(row.failingSince),
      created_at: isoTime(row.createdAt),
      modified_at: isoTime(row.modifiedAt),
      ...(row.deletedAt !== null && { deleted_at: isoTime(row.deletedAt) }),
    };
  }

  #auth(row: ReceiverRow): ReceiverAuth {
    return JSON.parse(this.#box.open(row.auth, authContext(row.id))) as ReceiverAuth;
  }

  #tls({ id, tls }: ReceiverRow): ReceiverTls | null {
    return tls === null ? null : (JSON.parse(this.#box.open(tls, tlsContext(id))) as ReceiverTls);
  }

  /** A schedule that the YAML has no longer is the default one: a delivery must not be lost over it. */
  #schedule(retry: StoredRetry): RetrySchedule {
    if (typeof retry === "object") {
      return { steps: retry.steps.map((step) => milliseconds(step) ?? 0), then: retry.then };
    }
    const schedule = this.#webhooks.retrySchedules[retry] ?? this.#webhooks.retrySchedules[DEFAULT_RETRY];
    if (!schedule) throw new Error(`the configuration has no retry schedule ${DEFAULT_RETRY}`);
    return schedule;
  }
}

function authContext(id: string): string {
  return `receiver:${id}:auth`;
}

function secretContext(id: string): string {
  return `receiver:${id}:secret`;
}

function signingContext(id: string): string {
  return `receiver:${id}:signing-key`;
}

function tlsContext(id: string): string {
  return `receiver:${id}:tls`;
}

function milliseconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}
