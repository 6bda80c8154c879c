ALTER TABLE `account_tokens` ADD `last_used_at` integer;--> statement-breakpoint
ALTER TABLE `accounts` ADD `modified_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `allowed_ips` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `totp_secret` text;--> statement-breakpoint
ALTER TABLE `accounts` ADD `totp_step` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `totp_wrong` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `totp_locked_until` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `token_kind` text DEFAULT 'opaque' NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `token_life` integer DEFAULT 3600000 NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `token_refresh` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `token_audience` text;--> statement-breakpoint
ALTER TABLE `accounts` ADD `dpop` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `redirect_uris` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `changes` ADD `subject` text;--> statement-breakpoint
ALTER TABLE `organisations` ADD `password_hash` text;--> statement-breakpoint
ALTER TABLE `organisations` ADD `previous_password_hash` text;--> statement-breakpoint
ALTER TABLE `organisations` ADD `previous_password_until` integer;--> statement-breakpoint
ALTER TABLE `organisations` ADD `allowed_ips` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `records` ADD `subject` text;--> statement-breakpoint
ALTER TABLE `records` ADD `actor` text;