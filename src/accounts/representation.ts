/** An account as it goes out, without a secret; and what is told once, with one. */
import type { StoredGrant } from "../../db/schema.ts";
import { formatDuration } from "../config/kinds.ts";
import { isoTime } from "../http/query.ts";
import type { AccountRow } from "./account.ts";
import type { AccountTokenRow } from "./queries.ts";
import type { TotpSecret } from "./totp.ts";

export interface ShownToken {
  id: string;
  label: string;
  /** The token's last characters, to tell it from others. */
  last_four: string;
  created_at: string;
  expires_at: string | null;
  /** To the minute. */
  last_used_at: string | null;
}

export interface ShownAccount {
  id: string;
  client_id: string;
  name: string;
  description: string;
  grants: StoredGrant[];
  totp: boolean;
  allowed_ips: string[];
  expires_at: string | null;
  /** How its access tokens are. */
  token: { kind: "opaque" | "jwt"; life: string; refresh: boolean; audience?: string };
  dpop: boolean;
  redirect_uris: string[];
  enabled: boolean;
  /** Whether koppla.yaml keeps it. */
  provisioned: boolean;
  created_at: string;
  modified_at: string;
  deleted_at?: string;
  tokens: ShownToken[];
}

/** The answer to its creation, the only one that has its API token, and its TOTP secret where it has one. */
export type CreatedAccountJson = Omit<ShownAccount, "token" | "totp"> & {
  token: string;
  totp: false | ShownTotp;
};

export interface ShownTotp {
  secret: string;
  otpauth_uri: string;
  qr_svg: string;
}

export function showAccount(row: AccountRow, tokens: readonly AccountTokenRow[]): ShownAccount {
  return {
    id: row.id,
    client_id: row.clientId,
    name: row.name,
    description: row.description,
    grants: row.grants,
    totp: row.totpSecret !== null,
    allowed_ips: row.allowedIps,
    expires_at: orNull(row.expiresAt),
    token: {
      kind: row.tokenKind,
      life: formatDuration(row.tokenLife),
      refresh: row.tokenRefresh,
      ...(row.tokenAudience !== null && { audience: row.tokenAudience }),
    },
    dpop: row.dpop,
    redirect_uris: row.redirectUris,
    enabled: row.disabledAt === null,
    provisioned: row.provisioned,
    created_at: isoTime(row.createdAt),
    // Of accounts that are older than the column it is not known.
    modified_at: isoTime(Math.max(row.modifiedAt, row.createdAt)),
    ...(row.deletedAt !== null && { deleted_at: isoTime(row.deletedAt) }),
    tokens: tokens.map(showToken),
  };
}

export function showToken(row: AccountTokenRow): ShownToken {
  return {
    id: row.id,
    label: row.label,
    last_four: row.lastFour,
    created_at: isoTime(row.createdAt),
    expires_at: orNull(row.expiresAt),
    last_used_at: orNull(row.lastUsedAt),
  };
}

export function showTotp({ secret, otpauthUri, qrSvg }: TotpSecret): ShownTotp {
  return { secret, otpauth_uri: otpauthUri, qr_svg: qrSvg };
}

function orNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}
