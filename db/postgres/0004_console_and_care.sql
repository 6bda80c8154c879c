CREATE TABLE "delivery_counts" (
	"organisation_id" bigint NOT NULL,
	"span" text COLLATE "C" NOT NULL,
	"at" bigint NOT NULL,
	"node" text COLLATE "C" NOT NULL,
	"attempts" bigint NOT NULL,
	"delivered" bigint NOT NULL,
	"failed" bigint NOT NULL,
	"given_up" bigint NOT NULL,
	"durations" text NOT NULL,
	CONSTRAINT "delivery_counts_organisation_id_span_at_node_pk" PRIMARY KEY("organisation_id","span","at","node")
);
--> statement-breakpoint
CREATE TABLE "feed_gaps" (
	"organisation_id" bigint NOT NULL,
	"after" bigint NOT NULL,
	"until" bigint NOT NULL,
	"restored_at" bigint NOT NULL,
	CONSTRAINT "feed_gaps_organisation_id_after_pk" PRIMARY KEY("organisation_id","after")
);
--> statement-breakpoint
CREATE TABLE "receiver_counts" (
	"receiver_id" text COLLATE "C" NOT NULL,
	"at" bigint NOT NULL,
	"delivered" bigint NOT NULL,
	"failed" bigint NOT NULL,
	CONSTRAINT "receiver_counts_receiver_id_at_pk" PRIMARY KEY("receiver_id","at")
);
--> statement-breakpoint
CREATE TABLE "receiver_pulses" (
	"receiver_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"last_delivered_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "delivery_counts_by_age" ON "delivery_counts" USING btree ("span","at");--> statement-breakpoint
CREATE INDEX "receiver_counts_by_age" ON "receiver_counts" USING btree ("at");