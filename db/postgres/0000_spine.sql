CREATE TABLE "account_tokens" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"hash" text COLLATE "C" NOT NULL,
	"label" text COLLATE "C" DEFAULT '' NOT NULL,
	"last_four" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint,
	CONSTRAINT "account_tokens_hash" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"client_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" DEFAULT '' NOT NULL,
	"grants" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint,
	"disabled_at" bigint,
	"deleted_at" bigint,
	CONSTRAINT "accounts_client_id" UNIQUE("client_id")
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"delivery_id" text COLLATE "C" NOT NULL,
	"number" bigint NOT NULL,
	"at" bigint NOT NULL,
	"duration_ms" bigint NOT NULL,
	"status_code" bigint,
	"error" text COLLATE "C",
	"detail" text COLLATE "C",
	"request_headers" text NOT NULL,
	"response_body" text COLLATE "C",
	CONSTRAINT "attempts_delivery_id_number_pk" PRIMARY KEY("delivery_id","number")
);
--> statement-breakpoint
CREATE TABLE "changes" (
	"organisation_id" bigint NOT NULL,
	"object" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"topic" text COLLATE "C" NOT NULL,
	"action" text COLLATE "C" NOT NULL,
	"sequence" bigint NOT NULL,
	"at" bigint NOT NULL,
	"actor" text COLLATE "C",
	CONSTRAINT "changes_organisation_id_object_key_pk" PRIMARY KEY("organisation_id","object","key")
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"receiver_id" text COLLATE "C" NOT NULL,
	"topics" text NOT NULL,
	"status" text COLLATE "C" NOT NULL,
	"status_code" bigint,
	"attempts" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"next_attempt_at" bigint,
	"schedule_from" bigint DEFAULT 0 NOT NULL,
	"body" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "feeds" (
	"organisation_id" bigint PRIMARY KEY NOT NULL,
	"sequence" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "indexed_fields" (
	"type" text COLLATE "C" NOT NULL,
	"field" text COLLATE "C" NOT NULL,
	CONSTRAINT "indexed_fields_type_field_pk" PRIMARY KEY("type","field")
);
--> statement-breakpoint
CREATE TABLE "organisations" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"code" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "organisations_code" UNIQUE("code")
);
--> statement-breakpoint
CREATE TABLE "receivers" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" NOT NULL,
	"url" text COLLATE "C" NOT NULL,
	"topics" text NOT NULL,
	"format" text COLLATE "C" NOT NULL,
	"payload" text COLLATE "C" NOT NULL,
	"auth" text COLLATE "C" NOT NULL,
	"secret" text COLLATE "C" NOT NULL,
	"bundle" text NOT NULL,
	"retry" text NOT NULL,
	"headers" text NOT NULL,
	"enabled" boolean NOT NULL,
	"disabled_reason" text COLLATE "C",
	"cursor" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"modified_at" bigint NOT NULL,
	"deleted_at" bigint
);
--> statement-breakpoint
CREATE TABLE "record_fields" (
	"organisation_id" bigint NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"field" text COLLATE "C" NOT NULL,
	"value" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	CONSTRAINT "record_fields_organisation_id_type_field_value_key_pk" PRIMARY KEY("organisation_id","type","field","value","key")
);
--> statement-breakpoint
CREATE TABLE "records" (
	"organisation_id" bigint NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"data" text COLLATE "C" NOT NULL,
	"version" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"modified_at" bigint NOT NULL,
	CONSTRAINT "records_organisation_id_type_key_pk" PRIMARY KEY("organisation_id","type","key")
);
--> statement-breakpoint
CREATE INDEX "account_tokens_by_account" ON "account_tokens" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "accounts_by_organisation" ON "accounts" USING btree ("organisation_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "changes_by_topic" ON "changes" USING btree ("organisation_id","topic","sequence");--> statement-breakpoint
CREATE INDEX "deliveries_by_organisation" ON "deliveries" USING btree ("organisation_id","id");--> statement-breakpoint
CREATE INDEX "deliveries_by_receiver" ON "deliveries" USING btree ("receiver_id","id");--> statement-breakpoint
CREATE INDEX "deliveries_by_status" ON "deliveries" USING btree ("organisation_id","status","id") WHERE status in ('failed', 'retrying', 'cancelled');--> statement-breakpoint
CREATE INDEX "deliveries_due" ON "deliveries" USING btree ("receiver_id","next_attempt_at","id") WHERE next_attempt_at is not null;--> statement-breakpoint
CREATE INDEX "receivers_by_organisation" ON "receivers" USING btree ("organisation_id","id");--> statement-breakpoint
CREATE INDEX "records_by_modified" ON "records" USING btree ("organisation_id","type","modified_at","key");