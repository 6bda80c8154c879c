CREATE TABLE "audit_forwards" (
	"target" text COLLATE "C" NOT NULL,
	"organisation_id" bigint NOT NULL,
	"sequence" bigint NOT NULL,
	CONSTRAINT "audit_forwards_target_organisation_id_pk" PRIMARY KEY("target","organisation_id")
);
--> statement-breakpoint
CREATE TABLE "change_traces" (
	"organisation_id" bigint NOT NULL,
	"sequence" bigint NOT NULL,
	"trace" text COLLATE "C" NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "change_traces_organisation_id_sequence_pk" PRIMARY KEY("organisation_id","sequence")
);
--> statement-breakpoint
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
CREATE TABLE "delivery_traces" (
	"delivery_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"trace" text COLLATE "C" NOT NULL,
	"links" text NOT NULL,
	"at" bigint NOT NULL
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
CREATE TABLE "master_keys" (
	"id" bigint PRIMARY KEY NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "portal_links" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"label" text COLLATE "C" DEFAULT '' NOT NULL,
	"hash" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"created_by" text COLLATE "C",
	"expires_at" bigint NOT NULL,
	"last_used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "portal_sessions" (
	"hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"link_id" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"last_seen_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "provisions" (
	"id" bigint PRIMARY KEY NOT NULL,
	"applied_at" bigint NOT NULL,
	"passwords" text COLLATE "C" NOT NULL
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
CREATE TABLE "setup_links" (
	"hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "provisioned" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "secret_provisioned" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "impersonation_policies" ADD COLUMN "provisioned" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "impersonation_policies" ADD COLUMN "disabled_at" bigint;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "provisioned" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "secret_provisioned" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "provisioned" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "secret_provisioned" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "totp_pending" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "language" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "provisioned" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "secret_provisioned" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "change_traces_by_age" ON "change_traces" USING btree ("at");--> statement-breakpoint
CREATE INDEX "delivery_counts_by_age" ON "delivery_counts" USING btree ("span","at");--> statement-breakpoint
CREATE INDEX "delivery_traces_by_age" ON "delivery_traces" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "portal_links_by_hash" ON "portal_links" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "portal_links_by_account" ON "portal_links" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "portal_sessions_by_link" ON "portal_sessions" USING btree ("link_id");--> statement-breakpoint
CREATE INDEX "portal_sessions_by_expiry" ON "portal_sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "receiver_counts_by_age" ON "receiver_counts" USING btree ("at");