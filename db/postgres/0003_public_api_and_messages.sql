CREATE TABLE "blob_chunks" (
	"blob_id" text COLLATE "C" NOT NULL,
	"number" bigint NOT NULL,
	"data" "bytea" NOT NULL,
	CONSTRAINT "blob_chunks_blob_id_number_pk" PRIMARY KEY("blob_id","number")
);
--> statement-breakpoint
CREATE TABLE "blobs" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"size" bigint NOT NULL,
	"chunk_size" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"purge_at" bigint
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"organisation_id" bigint NOT NULL,
	"subject" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"run" text COLLATE "C" NOT NULL,
	"lease_until" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"status" bigint,
	"headers" text DEFAULT '{}' NOT NULL,
	"body" text COLLATE "C",
	CONSTRAINT "idempotency_keys_organisation_id_subject_key_pk" PRIMARY KEY("organisation_id","subject","key")
);
--> statement-breakpoint
CREATE TABLE "import_errors" (
	"operation_id" text COLLATE "C" NOT NULL,
	"number" bigint NOT NULL,
	"line" bigint NOT NULL,
	"record_id" text COLLATE "C",
	"field" text COLLATE "C" NOT NULL,
	"message" text COLLATE "C" NOT NULL,
	CONSTRAINT "import_errors_operation_id_number_pk" PRIMARY KEY("operation_id","number")
);
--> statement-breakpoint
CREATE TABLE "import_keys" (
	"operation_id" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	CONSTRAINT "import_keys_operation_id_key_pk" PRIMARY KEY("operation_id","key")
);
--> statement-breakpoint
CREATE TABLE "login_keys" (
	"hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"user_id" text COLLATE "C",
	"email" text COLLATE "C" NOT NULL,
	"email_key" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"return_url" text COLLATE "C",
	"language" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "mail_log" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"recipient" text COLLATE "C" NOT NULL,
	"recipient_key" text COLLATE "C" NOT NULL,
	"subject" text COLLATE "C" NOT NULL,
	"status" text COLLATE "C" NOT NULL,
	"attempts" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"ended_at" bigint,
	"error" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "message_references" (
	"organisation_id" bigint NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"value" text COLLATE "C" NOT NULL,
	"message_id" text COLLATE "C" NOT NULL,
	CONSTRAINT "message_references_organisation_id_key_value_message_id_pk" PRIMARY KEY("organisation_id","key","value","message_id")
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"party_key" text COLLATE "C" NOT NULL,
	"party_id" text COLLATE "C",
	"message" text COLLATE "C",
	"external_references" text NOT NULL,
	"attachments" text NOT NULL,
	"instance" text COLLATE "C",
	"sender_user_id" text COLLATE "C",
	"hidden" boolean NOT NULL,
	"created_at" bigint NOT NULL,
	"subject" text COLLATE "C",
	"actor" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "operation_turns" (
	"id" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "publication_attempts" (
	"publication_id" text COLLATE "C" NOT NULL,
	"number" bigint NOT NULL,
	"at" bigint NOT NULL,
	"duration_ms" bigint NOT NULL,
	"status_code" bigint,
	"error" text COLLATE "C",
	"detail" text COLLATE "C",
	CONSTRAINT "publication_attempts_publication_id_number_pk" PRIMARY KEY("publication_id","number")
);
--> statement-breakpoint
CREATE TABLE "publications" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"message_id" text COLLATE "C" NOT NULL,
	"channel" text COLLATE "C" NOT NULL,
	"waits" boolean NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"attempts" bigint NOT NULL,
	"run" text COLLATE "C",
	"schedule_from" bigint DEFAULT 0 NOT NULL,
	"created_at" bigint NOT NULL,
	"changed_at" bigint NOT NULL,
	"next_attempt_at" bigint,
	"external_id" text COLLATE "C",
	"status_code" bigint,
	"error" text COLLATE "C",
	"detail" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "schedule_runs" (
	"name" text COLLATE "C" NOT NULL,
	"organisation_id" bigint NOT NULL,
	"operation_id" text COLLATE "C",
	"due_at" bigint,
	"skipped_at" bigint,
	CONSTRAINT "schedule_runs_name_organisation_id_pk" PRIMARY KEY("name","organisation_id")
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"plan" text COLLATE "C" NOT NULL,
	"next_at" bigint,
	"last_at" bigint
);
--> statement-breakpoint
CREATE TABLE "search_records" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"organisation_id" bigint NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "search_types" (
	"type" text COLLATE "C" PRIMARY KEY NOT NULL,
	"indexed" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "search_values" (
	"id" bigint NOT NULL,
	"field" text COLLATE "C" NOT NULL,
	"value" text COLLATE "C" NOT NULL,
	CONSTRAINT "search_values_id_field_pk" PRIMARY KEY("id","field")
);
--> statement-breakpoint
DROP INDEX "operations_open";--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "kind" text COLLATE "C" DEFAULT 'notice' NOT NULL;--> statement-breakpoint
ALTER TABLE "operations" ADD COLUMN "started_at" bigint;--> statement-breakpoint
ALTER TABLE "operations" ADD COLUMN "runs" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "operations" ADD COLUMN "failures" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "operations" ADD COLUMN "cancelled_by" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "sites" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "return_urls" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "language" text COLLATE "C" DEFAULT 'en' NOT NULL;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "password_grants" text DEFAULT '[{"resource":"*","actions":["read","write"]}]' NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "email_key" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "email_verified_at" bigint;--> statement-breakpoint
CREATE INDEX "blobs_to_purge" ON "blobs" USING btree ("purge_at") WHERE purge_at is not null;--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "idempotency_keys_open" ON "idempotency_keys" USING btree ("state") WHERE state <> 'done';--> statement-breakpoint
CREATE INDEX "login_keys_by_email" ON "login_keys" USING btree ("organisation_id","email_key");--> statement-breakpoint
CREATE INDEX "login_keys_by_expiry" ON "login_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "mail_log_by_organisation" ON "mail_log" USING btree ("organisation_id","id");--> statement-breakpoint
CREATE INDEX "mail_log_by_recipient" ON "mail_log" USING btree ("organisation_id","recipient_key","id");--> statement-breakpoint
CREATE INDEX "mail_log_unsent" ON "mail_log" USING btree ("organisation_id","id") WHERE status <> 'sent';--> statement-breakpoint
CREATE INDEX "messages_by_party" ON "messages" USING btree ("organisation_id","party_key","id");--> statement-breakpoint
CREATE INDEX "messages_by_organisation" ON "messages" USING btree ("organisation_id","id");--> statement-breakpoint
CREATE INDEX "publications_by_organisation" ON "publications" USING btree ("organisation_id","id");--> statement-breakpoint
CREATE INDEX "publications_by_message" ON "publications" USING btree ("message_id");--> statement-breakpoint
CREATE INDEX "publications_due" ON "publications" USING btree ("channel","next_attempt_at") WHERE next_attempt_at is not null;--> statement-breakpoint
CREATE INDEX "publications_by_state" ON "publications" USING btree ("organisation_id","state","id") WHERE state <> 'published';--> statement-breakpoint
CREATE UNIQUE INDEX "search_records_by_key" ON "search_records" USING btree ("organisation_id","type","key");--> statement-breakpoint
CREATE INDEX "operations_by_kind" ON "operations" USING btree ("organisation_id","kind","id");--> statement-breakpoint
CREATE INDEX "operations_by_resource" ON "operations" USING btree ("organisation_id","resource_name","id") WHERE resource_name is not null;--> statement-breakpoint
CREATE INDEX "operations_unlike_others" ON "operations" USING btree ("organisation_id","status","id") WHERE status <> 'SUCCESS';--> statement-breakpoint
CREATE INDEX "operations_running" ON "operations" USING btree ("kind","organisation_id") WHERE status = 'IN_PROGRESS' and runner is not null;--> statement-breakpoint
CREATE INDEX "operations_ended" ON "operations" USING btree ("completed_at") WHERE completed_at is not null;--> statement-breakpoint
CREATE INDEX "users_by_email" ON "users" USING btree ("organisation_id","email_key") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "operations_open" ON "operations" USING btree ("lease_until","id","kind","organisation_id") WHERE status = 'IN_PROGRESS';
--> statement-breakpoint
-- Addresses that are there already, as `users/input.ts` has them but for letters beyond ASCII.
UPDATE users SET email_key = lower(email) WHERE email_key = '';

--> statement-breakpoint
CREATE TABLE "record_words" (
	"rowid" bigint PRIMARY KEY NOT NULL,
	"words" tsvector NOT NULL
);
--> statement-breakpoint
CREATE INDEX "record_words_by_word" ON "record_words" USING gin ("words");
