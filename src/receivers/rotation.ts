/** A new secret for a receiver, beside the one before for a while, so that its owner has time to put it in place. */
import { parseDuration } from "../config/kinds.ts";
import { generateSecret, parseSecret } from "../deliveries/signature.ts";
import { duration, flag, parseMembers, type Parser } from "../http/members.ts";
import { invalid, Problem } from "../problem.ts";
import type { ReceiverCodec } from "./codec.ts";
import { generateSeed, MAX_KEYS, succeed } from "./keys.ts";
import type { ReceiverRow } from "./queries.ts";

export interface Rotation {
  /** How long those before sign on, milliseconds. */
  overlap: number;
  /** `whsec_...` */
  secret: string;
  /** Whether there is to be a new ed25519 key, too. */
  signingKey: boolean;
}

const DEFAULT_OVERLAP = "24h";

export const parseOwnSecret: Parser<string> = (value, field) => {
  if (typeof value !== "string") throw invalid(field, "must be text");
  parseSecret(value, field);
  return value;
};

/** @throws Problem `invalid` with everything that is wrong */
export function parseRotation(body: unknown): Rotation {
  const members = { overlap: duration("0s", "7d"), secret: parseOwnSecret, signing_key: flag };
  const given = parseMembers(body ?? {}, members);
  return {
    overlap: parseDuration(given.overlap ?? DEFAULT_OVERLAP) ?? 0,
    secret: given.secret ?? generateSecret(),
    signingKey: given.signing_key ?? false,
  };
}

/**
 * @param now  milliseconds since 1970
 * @returns the columns as they are to be, and until when the secret before signs on; null: it ends at once
 * @throws Problem `invalid` where the receiver has no ed25519 key, `conflict` when too many are in force
 */
export function rotate(
  codec: ReceiverCodec,
  row: ReceiverRow,
  { overlap, secret, signingKey }: Rotation,
  now: number,
): { columns: Partial<ReceiverRow>; previousUntil: number | null } {
  const secrets = succeed(codec.openSecrets(row), secret, now, overlap);
  const seeds = codec.openSeeds(row);
  if (signingKey && seeds.length === 0)
    throw invalid("signing_key", "is only for receivers whose signature is v1a");
  const next = signingKey ? succeed(seeds, generateSeed(), now, overlap) : [];
  if (Math.max(secrets.length, next.length) > MAX_KEYS) {
    const detail = `${MAX_KEYS} of its secrets or keys are in force already; a shorter overlap ends the older ones.`;
    throw new Problem("conflict", detail);
  }
  return {
    columns: {
      secret: codec.sealSecrets(row.id, secrets),
      ...(signingKey && { signingKey: codec.sealSeeds(row.id, next) }),
    },
    previousUntil: secrets[1]?.until ?? null,
  };
}

/** The columns without secrets and keys whose time is over, where there are such. */
export function tidied(codec: ReceiverCodec, row: ReceiverRow, now: number): Partial<ReceiverRow> {
  const ended = ({ until }: { until: number | null }) => until !== null && until <= now;
  const secrets = codec.openSecrets(row);
  const seeds = codec.openSeeds(row);
  return {
    ...(secrets.some(ended) && {
      secret: codec.sealSecrets(
        row.id,
        secrets.filter((one) => !ended(one)),
      ),
    }),
    ...(seeds.some(ended) && {
      signingKey: codec.sealSeeds(
        row.id,
        seeds.filter((one) => !ended(one)),
      ),
    }),
  };
}
