CREATE TABLE `delivery_terms` (
	`organisation_id` integer NOT NULL,
	`run` integer NOT NULL,
	`term` text NOT NULL,
	`delivery_id` text NOT NULL,
	PRIMARY KEY(`organisation_id`, `run`, `term`, `delivery_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `mails` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`recipient` text NOT NULL,
	`subject` text NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `mails_due` ON `mails` (`next_attempt_at`);--> statement-breakpoint
CREATE TABLE `operations` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`message` text NOT NULL,
	`done` integer NOT NULL,
	`total` integer,
	`resource_type` text,
	`resource_name` text,
	`submitted_at` integer NOT NULL,
	`submitted_by` text,
	`last_updated_at` integer NOT NULL,
	`completed_at` integer,
	`input` text NOT NULL,
	`position` text DEFAULT '{}' NOT NULL,
	`result` text,
	`runner` text,
	`lease_until` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `operations_by_organisation` ON `operations` (`organisation_id`,`id`);--> statement-breakpoint
CREATE INDEX `operations_by_submitter` ON `operations` (`organisation_id`,`submitted_by`,`id`);--> statement-breakpoint
CREATE INDEX `operations_open` ON `operations` (`id`) WHERE status = 'IN_PROGRESS';--> statement-breakpoint
DROP INDEX `deliveries_by_status`;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `error` text;--> statement-breakpoint
CREATE INDEX `deliveries_by_status_code` ON `deliveries` (`organisation_id`,`status_code`,`id`) WHERE status_code not in (200, 204);--> statement-breakpoint
CREATE INDEX `deliveries_by_error` ON `deliveries` (`organisation_id`,`error`,`id`) WHERE error is not null;--> statement-breakpoint
CREATE INDEX `deliveries_by_status` ON `deliveries` (`organisation_id`,`status`,`id`) WHERE status <> 'delivered';--> statement-breakpoint
ALTER TABLE `attempts` ADD `address` text;--> statement-breakpoint
ALTER TABLE `receivers` ADD `disabled_at` integer;--> statement-breakpoint
ALTER TABLE `receivers` ADD `metadata` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `receivers` ADD `contact` text;--> statement-breakpoint
ALTER TABLE `receivers` ADD `content_filter` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `receivers` ADD `ordered` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `receivers` ADD `rate` text;--> statement-breakpoint
ALTER TABLE `receivers` ADD `while_disabled` text DEFAULT 'keep' NOT NULL;--> statement-breakpoint
ALTER TABLE `receivers` ADD `signing_key` text;--> statement-breakpoint
ALTER TABLE `receivers` ADD `tls` text;--> statement-breakpoint
ALTER TABLE `receivers` ADD `failing_since` integer;--> statement-breakpoint
ALTER TABLE `receivers` ADD `warned` integer DEFAULT 0 NOT NULL;