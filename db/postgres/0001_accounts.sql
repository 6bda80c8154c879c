CREATE TABLE "access_tokens" (
	"hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"user_id" text COLLATE "C",
	"actor" text,
	"scope" text COLLATE "C" NOT NULL,
	"family_id" text COLLATE "C",
	"policies" text DEFAULT '[]' NOT NULL,
	"dpop_jkt" text COLLATE "C",
	"audience" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_events" (
	"organisation_id" bigint NOT NULL,
	"sequence" bigint NOT NULL,
	"at" bigint NOT NULL,
	"action" text COLLATE "C" NOT NULL,
	"outcome" text COLLATE "C" NOT NULL,
	"subject" text COLLATE "C",
	"actor" text COLLATE "C",
	"client" text COLLATE "C",
	"target" text COLLATE "C",
	"address" text COLLATE "C",
	"request_id" text COLLATE "C",
	"detail" text COLLATE "C" NOT NULL,
	"hash" text COLLATE "C" NOT NULL,
	CONSTRAINT "audit_events_organisation_id_sequence_pk" PRIMARY KEY("organisation_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "audit_heads" (
	"organisation_id" bigint PRIMARY KEY NOT NULL,
	"sequence" bigint NOT NULL,
	"hash" text COLLATE "C" NOT NULL,
	"pruned_sequence" bigint NOT NULL,
	"pruned_hash" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "authorization_codes" (
	"hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"redirect_uri" text COLLATE "C" NOT NULL,
	"scope" text COLLATE "C" NOT NULL,
	"challenge" text COLLATE "C" NOT NULL,
	"dpop_jkt" text COLLATE "C",
	"family_id" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "dpop_proofs" (
	"hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "former_fields" (
	"organisation_id" bigint NOT NULL,
	"object" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"field" text COLLATE "C" NOT NULL,
	"value" text COLLATE "C" NOT NULL,
	"sequence" bigint NOT NULL,
	CONSTRAINT "former_fields_organisation_id_object_key_field_value_pk" PRIMARY KEY("organisation_id","object","key","field","value")
);
--> statement-breakpoint
CREATE TABLE "impersonation_policies" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"users" text NOT NULL,
	"groups" text NOT NULL,
	"scopes" text NOT NULL,
	"life" bigint NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "refresh_tokens" (
	"hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"family_id" text COLLATE "C" NOT NULL,
	"organisation_id" bigint NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"user_id" text COLLATE "C",
	"scope" text COLLATE "C" NOT NULL,
	"dpop_jkt" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"organisation_id" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"last_seen_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"generation" bigint PRIMARY KEY NOT NULL,
	"kid" text COLLATE "C" NOT NULL,
	"private_key" text COLLATE "C" NOT NULL,
	"public_key" text NOT NULL,
	"created_at" bigint NOT NULL,
	"active_at" bigint NOT NULL,
	"shown_until" bigint NOT NULL,
	CONSTRAINT "signing_keys_kid" UNIQUE("kid")
);
--> statement-breakpoint
CREATE TABLE "throttles" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"failures" bigint NOT NULL,
	"blocked_until" bigint NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"username" text COLLATE "C" NOT NULL,
	"username_key" text COLLATE "C" NOT NULL,
	"email" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" DEFAULT '' NOT NULL,
	"password_hash" text COLLATE "C",
	"roles" text NOT NULL,
	"groups" text NOT NULL,
	"totp_secret" text COLLATE "C",
	"totp_step" bigint DEFAULT 0 NOT NULL,
	"totp_wrong" bigint DEFAULT 0 NOT NULL,
	"totp_locked_until" bigint DEFAULT 0 NOT NULL,
	"created_at" bigint NOT NULL,
	"modified_at" bigint NOT NULL,
	"last_login_at" bigint,
	"disabled_at" bigint,
	"deleted_at" bigint
);
--> statement-breakpoint
ALTER TABLE "account_tokens" ADD COLUMN "last_used_at" bigint;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "modified_at" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "allowed_ips" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "totp_secret" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "totp_step" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "totp_wrong" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "totp_locked_until" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "token_kind" text COLLATE "C" DEFAULT 'opaque' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "token_life" bigint DEFAULT 3600000 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "token_refresh" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "token_audience" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "dpop" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "redirect_uris" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "changes" ADD COLUMN "subject" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "password_hash" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "previous_password_hash" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "previous_password_until" bigint;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "allowed_ips" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "records" ADD COLUMN "subject" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "records" ADD COLUMN "actor" text COLLATE "C";--> statement-breakpoint
CREATE INDEX "access_tokens_by_expiry" ON "access_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "access_tokens_by_account" ON "access_tokens" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "access_tokens_by_user" ON "access_tokens" USING btree ("user_id") WHERE user_id is not null;--> statement-breakpoint
CREATE INDEX "access_tokens_by_family" ON "access_tokens" USING btree ("family_id") WHERE family_id is not null;--> statement-breakpoint
CREATE INDEX "audit_events_by_time" ON "audit_events" USING btree ("organisation_id","at","sequence");--> statement-breakpoint
CREATE INDEX "audit_events_by_action" ON "audit_events" USING btree ("organisation_id","action","at","sequence");--> statement-breakpoint
CREATE INDEX "audit_events_by_subject" ON "audit_events" USING btree ("organisation_id","subject","at","sequence");--> statement-breakpoint
CREATE INDEX "audit_events_by_target" ON "audit_events" USING btree ("organisation_id","target","at","sequence") WHERE target is not null;--> statement-breakpoint
CREATE INDEX "audit_events_denied" ON "audit_events" USING btree ("organisation_id","at","sequence") WHERE outcome = 'denied';--> statement-breakpoint
CREATE INDEX "authorization_codes_by_expiry" ON "authorization_codes" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "dpop_proofs_by_expiry" ON "dpop_proofs" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "impersonation_policies_by_account" ON "impersonation_policies" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "refresh_tokens_by_family" ON "refresh_tokens" USING btree ("family_id");--> statement-breakpoint
CREATE INDEX "refresh_tokens_by_expiry" ON "refresh_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "refresh_tokens_by_account" ON "refresh_tokens" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "refresh_tokens_by_user" ON "refresh_tokens" USING btree ("user_id") WHERE user_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_by_user" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_by_expiry" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "throttles_by_expiry" ON "throttles" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "users_by_organisation" ON "users" USING btree ("organisation_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "users_by_username" ON "users" USING btree ("organisation_id","username_key") WHERE deleted_at is null;