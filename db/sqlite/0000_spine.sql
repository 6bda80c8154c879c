CREATE TABLE `account_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`hash` text NOT NULL,
	`label` text DEFAULT '' NOT NULL,
	`last_four` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `account_tokens_hash` ON `account_tokens` (`hash`);--> statement-breakpoint
CREATE INDEX `account_tokens_by_account` ON `account_tokens` (`account_id`);--> statement-breakpoint
CREATE TABLE `accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`client_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`grants` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`disabled_at` integer,
	`deleted_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_client_id` ON `accounts` (`client_id`);--> statement-breakpoint
CREATE INDEX `accounts_by_organisation` ON `accounts` (`organisation_id`,`id`);--> statement-breakpoint
CREATE TABLE `attempts` (
	`delivery_id` text NOT NULL,
	`number` integer NOT NULL,
	`at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`status_code` integer,
	`error` text,
	`detail` text,
	`request_headers` text NOT NULL,
	`response_body` text,
	PRIMARY KEY(`delivery_id`, `number`)
);
--> statement-breakpoint
CREATE TABLE `changes` (
	`organisation_id` integer NOT NULL,
	`object` text NOT NULL,
	`key` text NOT NULL,
	`topic` text NOT NULL,
	`action` text NOT NULL,
	`sequence` integer NOT NULL,
	`at` integer NOT NULL,
	`actor` text,
	PRIMARY KEY(`organisation_id`, `object`, `key`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `changes_by_topic` ON `changes` (`organisation_id`,`topic`,`sequence`);--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`receiver_id` text NOT NULL,
	`topics` text NOT NULL,
	`status` text NOT NULL,
	`status_code` integer,
	`attempts` integer NOT NULL,
	`created_at` integer NOT NULL,
	`next_attempt_at` integer,
	`schedule_from` integer DEFAULT 0 NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `deliveries_by_organisation` ON `deliveries` (`organisation_id`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_by_receiver` ON `deliveries` (`receiver_id`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_by_status` ON `deliveries` (`organisation_id`,`status`,`id`) WHERE status in ('failed', 'retrying', 'cancelled');--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`receiver_id`,`next_attempt_at`,`id`) WHERE next_attempt_at is not null;--> statement-breakpoint
CREATE TABLE `feeds` (
	`organisation_id` integer PRIMARY KEY NOT NULL,
	`sequence` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `indexed_fields` (
	`type` text NOT NULL,
	`field` text NOT NULL,
	PRIMARY KEY(`type`, `field`)
);
--> statement-breakpoint
CREATE TABLE `organisations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`code` text NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `organisations_code` ON `organisations` (`code`);--> statement-breakpoint
CREATE TABLE `receivers` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`account_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`url` text NOT NULL,
	`topics` text NOT NULL,
	`format` text NOT NULL,
	`payload` text NOT NULL,
	`auth` text NOT NULL,
	`secret` text NOT NULL,
	`bundle` text NOT NULL,
	`retry` text NOT NULL,
	`headers` text NOT NULL,
	`enabled` integer NOT NULL,
	`disabled_reason` text,
	`cursor` integer NOT NULL,
	`created_at` integer NOT NULL,
	`modified_at` integer NOT NULL,
	`deleted_at` integer
);
--> statement-breakpoint
CREATE INDEX `receivers_by_organisation` ON `receivers` (`organisation_id`,`id`);--> statement-breakpoint
CREATE TABLE `record_fields` (
	`organisation_id` integer NOT NULL,
	`type` text NOT NULL,
	`field` text NOT NULL,
	`value` text NOT NULL,
	`key` text NOT NULL,
	PRIMARY KEY(`organisation_id`, `type`, `field`, `value`, `key`)
);
--> statement-breakpoint
CREATE TABLE `records` (
	`organisation_id` integer NOT NULL,
	`type` text NOT NULL,
	`key` text NOT NULL,
	`data` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`modified_at` integer NOT NULL,
	PRIMARY KEY(`organisation_id`, `type`, `key`)
);
--> statement-breakpoint
CREATE INDEX `records_by_modified` ON `records` (`organisation_id`,`type`,`modified_at`,`key`);