/** A user as it goes out. */
import { showTotp, type ShownTotp } from "../accounts/representation.ts";
import type { TotpSecret } from "../accounts/totp.ts";
import { isoTime } from "../http/query.ts";
import type { UserRow } from "./queries.ts";

export interface ShownUser {
  id: string;
  username: string;
  email: string;
  /** When its reader last showed by a login key that it is his. */
  email_verified_at: string | null;
  name: string;
  roles: string[];
  groups: string[];
  /** Whether a login asks for a one-time code. */
  totp: boolean;
  enabled: boolean;
  /** Whether koppla.yaml keeps it. */
  provisioned: boolean;
  created_at: string;
  modified_at: string;
  last_login_at: string | null;
}

export function showUser(row: UserRow): ShownUser {
  const { id, username, email, name, roles, groups } = row;
  return {
    ...{ id, username, email },
    email_verified_at: row.emailVerifiedAt === null ? null : isoTime(row.emailVerifiedAt),
    ...{ name, roles, groups },
    totp: row.totpSecret !== null,
    enabled: row.disabledAt === null,
    provisioned: row.provisioned,
    created_at: isoTime(row.createdAt),
    modified_at: isoTime(row.modifiedAt),
    last_login_at: row.lastLoginAt === null ? null : isoTime(row.lastLoginAt),
  };
}

/** The answer to its creation, the only one that has its TOTP secret where it has one. */
export type CreatedUserJson = Omit<ShownUser, "totp"> & { totp: false | ShownTotp };

export function createdUser({ user, totp }: { user: ShownUser; totp: TotpSecret | undefined }) {
  const made: CreatedUserJson = { ...user, totp: totp ? showTotp(totp) : false };
  return made;
}
