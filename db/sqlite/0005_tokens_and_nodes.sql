ALTER TABLE `access_tokens` ADD `api_token_id` text;--> statement-breakpoint
ALTER TABLE `access_tokens` ADD `earlier_api_tokens` text;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `node` integer;--> statement-breakpoint
CREATE INDEX `deliveries_by_node` ON `deliveries` (`node`) WHERE node is not null and status = 'delivering';--> statement-breakpoint
ALTER TABLE `mails` ADD `node` integer;--> statement-breakpoint
CREATE INDEX `mails_by_node` ON `mails` (`node`) WHERE node is not null;--> statement-breakpoint
ALTER TABLE `operations` ADD `node` integer;--> statement-breakpoint
ALTER TABLE `publications` ADD `node` integer;--> statement-breakpoint
CREATE INDEX `publications_by_node` ON `publications` (`node`) WHERE node is not null and next_attempt_at is not null;--> statement-breakpoint
ALTER TABLE `refresh_tokens` ADD `api_token_id` text;