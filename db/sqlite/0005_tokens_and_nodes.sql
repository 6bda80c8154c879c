ALTER TABLE `deliveries` ADD `node` integer;--> statement-breakpoint
CREATE INDEX `deliveries_by_node` ON `deliveries` (`node`) WHERE node is not null and status = 'delivering';--> statement-breakpoint
ALTER TABLE `mails` ADD `node` integer;--> statement-breakpoint
CREATE INDEX `mails_by_node` ON `mails` (`node`) WHERE node is not null;--> statement-breakpoint
ALTER TABLE `operations` ADD `node` integer;--> statement-breakpoint
ALTER TABLE `publications` ADD `node` integer;--> statement-breakpoint
CREATE INDEX `publications_by_node` ON `publications` (`node`) WHERE node is not null and next_attempt_at is not null;