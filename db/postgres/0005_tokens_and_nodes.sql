ALTER TABLE "access_tokens" ADD COLUMN "api_token_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "access_tokens" ADD COLUMN "earlier_api_tokens" text;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "node" bigint;--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "node" bigint;--> statement-breakpoint
ALTER TABLE "operations" ADD COLUMN "node" bigint;--> statement-breakpoint
ALTER TABLE "publications" ADD COLUMN "node" bigint;--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD COLUMN "api_token_id" text COLLATE "C";--> statement-breakpoint
CREATE INDEX "deliveries_by_node" ON "deliveries" USING btree ("node") WHERE node is not null and status = 'delivering';--> statement-breakpoint
CREATE INDEX "mails_by_node" ON "mails" USING btree ("node") WHERE node is not null;--> statement-breakpoint
CREATE INDEX "publications_by_node" ON "publications" USING btree ("node") WHERE node is not null and next_attempt_at is not null;