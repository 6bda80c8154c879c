CREATE TABLE `access_tokens` (
	`hash` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`account_id` text NOT NULL,
	`user_id` text,
	`actor` text,
	`scope` text NOT NULL,
	`family_id` text,
	`policies` text DEFAULT '[]' NOT NULL,
	`dpop_jkt` text,
	`audience` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `access_tokens_by_expiry` ON `access_tokens` (`expires_at`);--> statement-breakpoint
CREATE INDEX `access_tokens_by_account` ON `access_tokens` (`account_id`);--> statement-breakpoint
CREATE INDEX `access_tokens_by_user` ON `access_tokens` (`user_id`) WHERE user_id is not null;--> statement-breakpoint
CREATE INDEX `access_tokens_by_family` ON `access_tokens` (`family_id`) WHERE family_id is not null;--> statement-breakpoint
CREATE TABLE `audit_events` (
	`organisation_id` integer NOT NULL,
	`sequence` integer NOT NULL,
	`at` integer NOT NULL,
	`action` text NOT NULL,
	`outcome` text NOT NULL,
	`subject` text,
	`actor` text,
	`client` text,
	`target` text,
	`address` text,
	`request_id` text,
	`detail` text NOT NULL,
	`hash` text NOT NULL,
	PRIMARY KEY(`organisation_id`, `sequence`)
);
--> statement-breakpoint
CREATE INDEX `audit_events_by_time` ON `audit_events` (`organisation_id`,`at`,`sequence`);--> statement-breakpoint
CREATE INDEX `audit_events_by_action` ON `audit_events` (`organisation_id`,`action`,`at`,`sequence`);--> statement-breakpoint
CREATE INDEX `audit_events_by_subject` ON `audit_events` (`organisation_id`,`subject`,`at`,`sequence`);--> statement-breakpoint
CREATE INDEX `audit_events_by_target` ON `audit_events` (`organisation_id`,`target`,`at`,`sequence`) WHERE target is not null;--> statement-breakpoint
CREATE INDEX `audit_events_denied` ON `audit_events` (`organisation_id`,`at`,`sequence`) WHERE outcome = 'denied';--> statement-breakpoint
CREATE TABLE `audit_heads` (
	`organisation_id` integer PRIMARY KEY NOT NULL,
	`sequence` integer NOT NULL,
	`hash` text NOT NULL,
	`pruned_sequence` integer NOT NULL,
	`pruned_hash` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `authorization_codes` (
	`hash` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`account_id` text NOT NULL,
	`user_id` text NOT NULL,
	`redirect_uri` text NOT NULL,
	`scope` text NOT NULL,
	`challenge` text NOT NULL,
	`dpop_jkt` text,
	`family_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer
);
--> statement-breakpoint
CREATE INDEX `authorization_codes_by_expiry` ON `authorization_codes` (`expires_at`);--> statement-breakpoint
CREATE TABLE `dpop_proofs` (
	`hash` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `dpop_proofs_by_expiry` ON `dpop_proofs` (`expires_at`);--> statement-breakpoint
CREATE TABLE `former_fields` (
	`organisation_id` integer NOT NULL,
	`object` text NOT NULL,
	`key` text NOT NULL,
	`field` text NOT NULL,
	`value` text NOT NULL,
	`sequence` integer NOT NULL,
	PRIMARY KEY(`organisation_id`, `object`, `key`, `field`, `value`)
);
--> statement-breakpoint
CREATE TABLE `impersonation_policies` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`account_id` text NOT NULL,
	`users` text NOT NULL,
	`groups` text NOT NULL,
	`scopes` text NOT NULL,
	`life` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `impersonation_policies_by_account` ON `impersonation_policies` (`account_id`,`id`);--> statement-breakpoint
CREATE TABLE `refresh_tokens` (
	`hash` text PRIMARY KEY NOT NULL,
	`family_id` text NOT NULL,
	`organisation_id` integer NOT NULL,
	`account_id` text NOT NULL,
	`user_id` text,
	`scope` text NOT NULL,
	`dpop_jkt` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer
);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_by_family` ON `refresh_tokens` (`family_id`);--> statement-breakpoint
CREATE INDEX `refresh_tokens_by_expiry` ON `refresh_tokens` (`expires_at`);--> statement-breakpoint
CREATE INDEX `refresh_tokens_by_account` ON `refresh_tokens` (`account_id`);--> statement-breakpoint
CREATE INDEX `refresh_tokens_by_user` ON `refresh_tokens` (`user_id`) WHERE user_id is not null;--> statement-breakpoint
CREATE TABLE `sessions` (
	`hash` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`organisation_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sessions_by_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_by_expiry` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `signing_keys` (
	`generation` integer PRIMARY KEY NOT NULL,
	`kid` text NOT NULL,
	`private_key` text NOT NULL,
	`public_key` text NOT NULL,
	`created_at` integer NOT NULL,
	`active_at` integer NOT NULL,
	`shown_until` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `signing_keys_kid` ON `signing_keys` (`kid`);--> statement-breakpoint
CREATE TABLE `throttles` (
	`key` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`blocked_until` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `throttles_by_expiry` ON `throttles` (`expires_at`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`username` text NOT NULL,
	`username_key` text NOT NULL,
	`email` text NOT NULL,
	`name` text DEFAULT '' NOT NULL,
	`password_hash` text,
	`roles` text NOT NULL,
	`groups` text NOT NULL,
	`totp_secret` text,
	`totp_step` integer DEFAULT 0 NOT NULL,
	`totp_wrong` integer DEFAULT 0 NOT NULL,
	`totp_locked_until` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`modified_at` integer NOT NULL,
	`last_login_at` integer,
	`disabled_at` integer,
	`deleted_at` integer
);
--> statement-breakpoint
CREATE INDEX `users_by_organisation` ON `users` (`organisation_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_by_username` ON `users` (`organisation_id`,`username_key`) WHERE deleted_at is null;--> statement-breakpoint
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