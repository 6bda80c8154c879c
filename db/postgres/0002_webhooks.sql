CREATE TABLE "delivery_terms" (
	"organisation_id" bigint NOT NULL,
	"run" bigint NOT NULL,
	"term" text COLLATE "C" NOT NULL,
	"delivery_id" text COLLATE "C" NOT NULL,
	CONSTRAINT "delivery_terms_organisation_id_run_term_delivery_id_pk" PRIMARY KEY("organisation_id","run","term","delivery_id")
);
--> statement-breakpoint
CREATE TABLE "mails" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"recipient" text COLLATE "C" NOT NULL,
	"subject" text COLLATE "C" NOT NULL,
	"body" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"attempts" bigint DEFAULT 0 NOT NULL,
	"next_attempt_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "operations" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"status" text COLLATE "C" NOT NULL,
	"message" text COLLATE "C" NOT NULL,
	"done" bigint NOT NULL,
	"total" bigint,
	"resource_type" text COLLATE "C",
	"resource_name" text COLLATE "C",
	"submitted_at" bigint NOT NULL,
	"submitted_by" text COLLATE "C",
	"last_updated_at" bigint NOT NULL,
	"completed_at" bigint,
	"input" text NOT NULL,
	"position" text DEFAULT '{}' NOT NULL,
	"result" text,
	"runner" text COLLATE "C",
	"lease_until" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
DROP INDEX "deliveries_by_status";--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "address" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "error" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "disabled_at" bigint;--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "metadata" text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "contact" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "content_filter" text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "ordered" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "rate" text;--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "while_disabled" text COLLATE "C" DEFAULT 'keep' NOT NULL;--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "signing_key" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "tls" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "failing_since" bigint;--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "warned" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "mails_due" ON "mails" USING btree ("next_attempt_at");--> statement-breakpoint
CREATE INDEX "operations_by_organisation" ON "operations" USING btree ("organisation_id","id");--> statement-breakpoint
CREATE INDEX "operations_by_submitter" ON "operations" USING btree ("organisation_id","submitted_by","id");--> statement-breakpoint
CREATE INDEX "operations_open" ON "operations" USING btree ("id") WHERE status = 'IN_PROGRESS';--> statement-breakpoint
CREATE INDEX "deliveries_by_status_code" ON "deliveries" USING btree ("organisation_id","status_code","id") WHERE status_code not in (200, 204);--> statement-breakpoint
CREATE INDEX "deliveries_by_error" ON "deliveries" USING btree ("organisation_id","error","id") WHERE error is not null;--> statement-breakpoint
CREATE INDEX "deliveries_by_status" ON "deliveries" USING btree ("organisation_id","status","id") WHERE status <> 'delivered';