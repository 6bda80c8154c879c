ALTER TABLE "account_tokens" ADD COLUMN "last_used_at" bigint;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "modified_at" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "allowed_ips" text DEFAULT  NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "totp_secret" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "totp_step" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "totp_wrong" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "totp_locked_until" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "token_kind" text COLLATE "C" DEFAULT 'opaque' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "token_life" bigint DEFAULT 3600000 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "token_refresh" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "token_audience" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "dpop" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "redirect_uris" text DEFAULT  NOT NULL;--> statement-breakpoint
ALTER TABLE "changes" ADD COLUMN "subject" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "password_hash" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "previous_password_hash" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "previous_password_until" bigint;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "allowed_ips" text DEFAULT  NOT NULL;--> statement-breakpoint
ALTER TABLE "records" ADD COLUMN "subject" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "records" ADD COLUMN "actor" text COLLATE "C";