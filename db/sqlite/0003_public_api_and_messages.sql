CREATE TABLE `blob_chunks` (
	`blob_id` text NOT NULL,
	`number` integer NOT NULL,
	`data` blob NOT NULL,
	PRIMARY KEY(`blob_id`, `number`)
);
--> statement-breakpoint
CREATE TABLE `blobs` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`size` integer NOT NULL,
	`chunk_size` integer NOT NULL,
	`created_at` integer NOT NULL,
	`purge_at` integer
);
--> statement-breakpoint
CREATE INDEX `blobs_to_purge` ON `blobs` (`purge_at`) WHERE purge_at is not null;--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`organisation_id` integer NOT NULL,
	`subject` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`state` text NOT NULL,
	`run` text NOT NULL,
	`lease_until` integer NOT NULL,
	`created_at` integer NOT NULL,
	`status` integer,
	`headers` text DEFAULT '{}' NOT NULL,
	`body` text,
	PRIMARY KEY(`organisation_id`, `subject`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_age` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE INDEX `idempotency_keys_open` ON `idempotency_keys` (`state`) WHERE state <> 'done';--> statement-breakpoint
CREATE TABLE `import_errors` (
	`operation_id` text NOT NULL,
	`number` integer NOT NULL,
	`line` integer NOT NULL,
	`record_id` text,
	`field` text NOT NULL,
	`message` text NOT NULL,
	PRIMARY KEY(`operation_id`, `number`)
);
--> statement-breakpoint
CREATE TABLE `import_keys` (
	`operation_id` text NOT NULL,
	`key` text NOT NULL,
	PRIMARY KEY(`operation_id`, `key`)
);
--> statement-breakpoint
CREATE TABLE `login_keys` (
	`hash` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`user_id` text,
	`email` text NOT NULL,
	`email_key` text NOT NULL,
	`name` text NOT NULL,
	`return_url` text,
	`language` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer
);
--> statement-breakpoint
CREATE INDEX `login_keys_by_email` ON `login_keys` (`organisation_id`,`email_key`);--> statement-breakpoint
CREATE INDEX `login_keys_by_expiry` ON `login_keys` (`expires_at`);--> statement-breakpoint
CREATE TABLE `mail_log` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`kind` text NOT NULL,
	`recipient` text NOT NULL,
	`recipient_key` text NOT NULL,
	`subject` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `mail_log_by_organisation` ON `mail_log` (`organisation_id`,`id`);--> statement-breakpoint
CREATE INDEX `mail_log_by_recipient` ON `mail_log` (`organisation_id`,`recipient_key`,`id`);--> statement-breakpoint
CREATE INDEX `mail_log_unsent` ON `mail_log` (`organisation_id`,`id`) WHERE status <> 'sent';--> statement-breakpoint
CREATE TABLE `message_references` (
	`organisation_id` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	`message_id` text NOT NULL,
	PRIMARY KEY(`organisation_id`, `key`, `value`, `message_id`)
);
--> statement-breakpoint
CREATE TABLE `messages` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`party_key` text NOT NULL,
	`party_id` text,
	`message` text,
	`external_references` text NOT NULL,
	`attachments` text NOT NULL,
	`instance` text,
	`sender_user_id` text,
	`hidden` integer NOT NULL,
	`created_at` integer NOT NULL,
	`subject` text,
	`actor` text
);
--> statement-breakpoint
CREATE INDEX `messages_by_party` ON `messages` (`organisation_id`,`party_key`,`id`);--> statement-breakpoint
CREATE INDEX `messages_by_organisation` ON `messages` (`organisation_id`,`id`);--> statement-breakpoint
CREATE TABLE `operation_turns` (
	`id` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `publication_attempts` (
	`publication_id` text NOT NULL,
	`number` integer NOT NULL,
	`at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`status_code` integer,
	`error` text,
	`detail` text,
	PRIMARY KEY(`publication_id`, `number`)
);
--> statement-breakpoint
CREATE TABLE `publications` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` integer NOT NULL,
	`message_id` text NOT NULL,
	`channel` text NOT NULL,
	`waits` integer NOT NULL,
	`state` text NOT NULL,
	`attempts` integer NOT NULL,
	`run` text,
	`schedule_from` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`changed_at` integer NOT NULL,
	`next_attempt_at` integer,
	`external_id` text,
	`status_code` integer,
	`error` text,
	`detail` text
);
--> statement-breakpoint
CREATE INDEX `publications_by_organisation` ON `publications` (`organisation_id`,`id`);--> statement-breakpoint
CREATE INDEX `publications_by_message` ON `publications` (`message_id`);--> statement-breakpoint
CREATE INDEX `publications_due` ON `publications` (`channel`,`next_attempt_at`) WHERE next_attempt_at is not null;--> statement-breakpoint
CREATE INDEX `publications_by_state` ON `publications` (`organisation_id`,`state`,`id`) WHERE state <> 'published';--> statement-breakpoint
CREATE TABLE `schedule_runs` (
	`name` text NOT NULL,
	`organisation_id` integer NOT NULL,
	`operation_id` text,
	`due_at` integer,
	`skipped_at` integer,
	PRIMARY KEY(`name`, `organisation_id`)
);
--> statement-breakpoint
CREATE TABLE `schedules` (
	`name` text PRIMARY KEY NOT NULL,
	`plan` text NOT NULL,
	`next_at` integer,
	`last_at` integer
);
--> statement-breakpoint
CREATE TABLE `search_records` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`organisation_id` integer NOT NULL,
	`type` text NOT NULL,
	`key` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `search_records_by_key` ON `search_records` (`organisation_id`,`type`,`key`);--> statement-breakpoint
CREATE TABLE `search_types` (
	`type` text PRIMARY KEY NOT NULL,
	`indexed` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `search_values` (
	`id` integer NOT NULL,
	`field` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`id`, `field`)
);
--> statement-breakpoint
DROP INDEX `operations_open`;--> statement-breakpoint
ALTER TABLE `operations` ADD `started_at` integer;--> statement-breakpoint
ALTER TABLE `operations` ADD `runs` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `operations` ADD `failures` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `operations` ADD `cancelled_by` text;--> statement-breakpoint
CREATE INDEX `operations_by_kind` ON `operations` (`organisation_id`,`kind`,`id`);--> statement-breakpoint
CREATE INDEX `operations_by_resource` ON `operations` (`organisation_id`,`resource_name`,`id`) WHERE resource_name is not null;--> statement-breakpoint
CREATE INDEX `operations_unlike_others` ON `operations` (`organisation_id`,`status`,`id`) WHERE status <> 'SUCCESS';--> statement-breakpoint
CREATE INDEX `operations_running` ON `operations` (`kind`,`organisation_id`) WHERE status = 'IN_PROGRESS' and runner is not null;--> statement-breakpoint
CREATE INDEX `operations_ended` ON `operations` (`completed_at`) WHERE completed_at is not null;--> statement-breakpoint
CREATE INDEX `operations_open` ON `operations` (`lease_until`,`id`,`kind`,`organisation_id`) WHERE status = 'IN_PROGRESS';--> statement-breakpoint
ALTER TABLE `mails` ADD `kind` text DEFAULT 'notice' NOT NULL;--> statement-breakpoint
ALTER TABLE `organisations` ADD `sites` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `organisations` ADD `return_urls` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `organisations` ADD `language` text DEFAULT 'en' NOT NULL;--> statement-breakpoint
ALTER TABLE `organisations` ADD `password_grants` text DEFAULT '[{"resource":"*","actions":["read","write"]}]' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `email_key` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `email_verified_at` integer;--> statement-breakpoint
CREATE INDEX `users_by_email` ON `users` (`organisation_id`,`email_key`) WHERE deleted_at is null;
--> statement-breakpoint
-- Addresses that are there already, as `users/input.ts` has them but for letters beyond ASCII.
UPDATE users SET email_key = lower(email) WHERE email_key = '';

--> statement-breakpoint
CREATE VIRTUAL TABLE `record_words` USING fts5(words, content='', contentless_delete=1, detail='none', tokenize='ascii tokenchars ''_''', prefix='15 16 17 18');
--> statement-breakpoint
CREATE VIRTUAL TABLE `record_terms` USING fts5vocab(record_words, instance);
