ALTER TABLE "deliveries" ADD COLUMN "node" bigint;--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "node" bigint;--> statement-breakpoint
ALTER TABLE "operations" ADD COLUMN "node" bigint;--> statement-breakpoint
ALTER TABLE "publications" ADD COLUMN "node" bigint;--> statement-breakpoint
CREATE INDEX "deliveries_by_node" ON "deliveries" USING btree ("node") WHERE node is not null and status = 'delivering';--> statement-breakpoint
CREATE INDEX "mails_by_node" ON "mails" USING btree ("node") WHERE node is not null;--> statement-breakpoint
CREATE INDEX "publications_by_node" ON "publications" USING btree ("node") WHERE node is not null and next_attempt_at is not null;