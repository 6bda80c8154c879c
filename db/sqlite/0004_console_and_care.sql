CREATE TABLE `audit_forwards` (
	`target` text NOT NULL,
	`organisation_id` integer NOT NULL,
	`sequence` integer NOT NULL,
	PRIMARY KEY(`target`, `organisation_id`)
);
--> statement-breakpoint
CREATE TABLE `change_traces` (
	`organisation_id` integer NOT NULL,
	`sequence` integer NOT NULL,
	`trace` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`organisation_id`, `sequence`)
);
--> statement-breakpoint
CREATE INDEX `change_traces_by_age` ON `change_traces` (`at`);--> statement-breakpoint
CREATE TABLE `delivery_counts` (
	`organisation_id` integer NOT NULL,
	`span` text NOT NULL,
	`at` integer NOT NULL,
	`node` text NOT NULL,
	`attempts` integer NOT NULL,
	`delivered` integer NOT NULL,
	`failed` integer NOT NULL,
	`given_up` integer NOT NULL,
	`durations` text NOT NULL,
	PRIMARY KEY(`organisation_id`, `span`, `at`, `node`)
);
--> statement-breakpoint
CREATE INDEX `delivery_counts_by_age` ON `delivery_counts` (`span`,`at`);--> statement-breakpoint
CREATE TABLE `delivery_traces` (
	`delivery_id` text PRIMARY KEY NOT NULL,
	`trace` text NOT NULL,
	`links` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `delivery_traces_by_age` ON `delivery_traces` (`at`);--> statement-breakpoint
CREATE TABLE `feed_gaps` (
	`organisation_id` integer NOT NULL,
	`after` integer NOT NULL,
	`until` integer NOT NULL,
	`restored_at` integer NOT NULL,
	PRIMARY KEY(`organisation_id`, `after`)
);
--> statement-breakpoint
CREATE TABLE `master_keys` (
	`id` integer PRIMARY KEY NOT NULL,
	`fingerprint` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `portal_links` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`account_id` text NOT NULL,
	`label` text DEFAULT '' NOT NULL,
	`hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text,
	`expires_at` integer NOT NULL,
	`last_used_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `portal_links_by_hash` ON `portal_links` (`hash`);--> statement-breakpoint
CREATE INDEX `portal_links_by_account` ON `portal_links` (`account_id`,`id`);--> statement-breakpoint
CREATE TABLE `portal_sessions` (
	`hash` text PRIMARY KEY NOT NULL,
	`link_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `portal_sessions_by_link` ON `portal_sessions` (`link_id`);--> statement-breakpoint
CREATE INDEX `portal_sessions_by_expiry` ON `portal_sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `provisions` (
	`id` integer PRIMARY KEY NOT NULL,
	`applied_at` integer NOT NULL,
	`passwords` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `receiver_counts` (
	`receiver_id` text NOT NULL,
	`at` integer NOT NULL,
	`delivered` integer NOT NULL,
	`failed` integer NOT NULL,
	PRIMARY KEY(`receiver_id`, `at`)
);
--> statement-breakpoint
CREATE INDEX `receiver_counts_by_age` ON `receiver_counts` (`at`);--> statement-breakpoint
CREATE TABLE `receiver_pulses` (
	`receiver_id` text PRIMARY KEY NOT NULL,
	`last_delivered_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `setup_links` (
	`hash` text PRIMARY KEY NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer
);
--> statement-breakpoint
ALTER TABLE `accounts` ADD `provisioned` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `secret_provisioned` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `impersonation_policies` ADD `provisioned` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `impersonation_policies` ADD `disabled_at` integer;--> statement-breakpoint
ALTER TABLE `organisations` ADD `provisioned` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `organisations` ADD `secret_provisioned` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `receivers` ADD `provisioned` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `receivers` ADD `secret_provisioned` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `totp_pending` text;--> statement-breakpoint
ALTER TABLE `users` ADD `language` text;--> statement-breakpoint
ALTER TABLE `users` ADD `provisioned` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `secret_provisioned` integer DEFAULT false NOT NULL;