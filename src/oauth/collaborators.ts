/** What the token server needs of other rooms, and no more: tests give it less than a whole server. */
import type { AccountService } from "../accounts/service.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Throttle } from "../throttle/service.ts";
import type { UserService } from "../users/service.ts";

export type { AccountRow } from "../accounts/account.ts";
export type { ApiToken } from "../accounts/service.ts";
export type { Policy } from "../accounts/policies.ts";
export type { CodeUse } from "../accounts/totp.ts";
export type { Person } from "../users/person.ts";

export type Accounts = Pick<
  AccountService,
  | "verifyClient"
  | "hasTokens"
  | "isActive"
  | "mayUseFrom"
  | "useTotp"
  | "policies"
  | "byId"
  | "withClientId"
  | "onChanged"
>;

export type People = Pick<UserService, "byId" | "byUsername" | "onChanged">;

export type Audit = Pick<AuditLog, "record" | "note">;

export type Throttles = Pick<Throttle, "check" | "fail" | "clear">;
