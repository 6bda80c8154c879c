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
CREATE TABLE `feed_gaps` (
	`organisation_id` integer NOT NULL,
	`after` integer NOT NULL,
	`until` integer NOT NULL,
	`restored_at` integer NOT NULL,
	PRIMARY KEY(`organisation_id`, `after`)
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
