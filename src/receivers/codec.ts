/** A receiver's three forms: the row (secrets sealed), what the program works with, and what the API shows. */
import type { StoredRetry } from "../../db/schema.ts";
import { formatDuration, parseDuration } from "../config/kinds.ts";
import type { Config, RetrySchedule } from "../config/types.ts";
import { parseSecret } from "../deliveries/signature.ts";
import { isoTime } from "../http/query.ts";
import type { SecretBox } from "../secrets/seal.ts";
import { showAuth, type ShownAuth } from "./auth.ts";
import { DEFAULT_RETRY, type ReceiverPatch } from "./input.ts";
import type { ReceiverRow } from "./queries.ts";
import type { Format, Payload, Receiver, ReceiverAuth } from "./receiver.ts";

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
  enabled: boolean;
  disabled_reason: string | null;
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

  /** @param secrets  `whsec_...`, newest first; all of them sign */
  sealSecrets(id: string, secrets: readonly string[]): string {
    return this.#box.seal(JSON.stringify(secrets), secretContext(id));
  }

  /** The columns that a patch changes, its account apart. */
  columns(id: string, patch: ReceiverPatch): Partial<ReceiverRow> {
    const { account: _, auth, secret, ...columns } = patch;
    return {
      ...columns,
      ...(auth && { auth: this.sealAuth(id, auth) }),
      ...(secret !== undefined && { secret: this.sealSecrets(id, [secret]) }),
      ...(columns.enabled !== undefined && { disabledReason: null }),
    };
  }

  /** @throws SealError when the row was sealed with another key */
  open(row: ReceiverRow): Receiver {
    const { auth: _, signingKey: __, tls: ___, secret, bundle, retry, ...rest } = row;
    const secrets = JSON.parse(this.#box.open(secret, secretContext(row.id))) as string[];
    const defaults = this.#webhooks.bundle;
    return {
      ...rest,
      auth: this.#auth(row),
      keys: secrets.map((text) => parseSecret(text)),
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
      enabled: row.enabled,
      disabled_reason: row.disabledReason,
      created_at: isoTime(row.createdAt),
      modified_at: isoTime(row.modifiedAt),
      ...(row.deletedAt !== null && { deleted_at: isoTime(row.deletedAt) }),
    };
  }

  #auth(row: ReceiverRow): ReceiverAuth {
    return JSON.parse(this.#box.open(row.auth, authContext(row.id))) as ReceiverAuth;
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

function milliseconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}
