/** `/api/v1/receivers`. */
import type { ShownReceiver } from "../../receivers/codec.ts";
import type { ShownTest } from "../../receivers/delivering.ts";
import type {
  CreatedReceiver,
  DetailedReceiver,
  RotatedReceiver,
  ShownPublicKeys,
} from "../../receivers/service.ts";
import { optionOperations, optionSchemas } from "./options.ts";
import { bodyProblems, problems } from "./problems.ts";
import { receiverSchemas } from "./receiver-schemas.ts";
import { type Resource, type Vocabulary } from "./resource.ts";
import { searchIn } from "./search.ts";
import { type Answer, json, jsonAnswer, page, type Parameter, ref, type RequestBody } from "./spec.ts";

const ID = "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b";
const ACCOUNT = "0196e3a0-7c1e-7d2b-9f3a-0b2c4d6e8f1a";

const id: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The id of a receiver.",
  schema: { type: "string" },
  example: ID,
};

const include: Parameter = {
  name: "include",
  in: "query",
  description: "With those that were removed.",
  schema: { type: "string", enum: ["deleted"] },
};

const search = searchIn("the name, the URL, the description or the id");

const settings: Omit<
  ShownReceiver,
  "id" | "disabled_reason" | "disabled_at" | "provisioned" | "failing_since" | "created_at" | "modified_at"
> = {
  name: "Course site",
  url: "https://partner.example/hooks",
  description: "",
  topics: ["*"],
  account_id: ACCOUNT,
  format: "changes",
  payload: "thin",
  auth: { protocol: "none" },
  bundle: { quiet: "5s", longest: "60s", size: 500 },
  retry: "table",
  headers: { "x-tenant": "7" },
  metadata: { team: "web" },
  contact: "webhooks@partner.example",
  content_filter: {},
  ordered: false,
  rate: { requests: 100, window: "1m" },
  while_disabled: "keep",
  signature: "v1",
  tls: null,
  enabled: true,
};

const shown: ShownReceiver = {
  id: ID,
  ...settings,
  disabled_reason: null,
  disabled_at: null,
  provisioned: false,
  failing_since: null,
  created_at: "2026-11-20T08:30:00.000Z",
  modified_at: "2026-11-20T08:30:00.000Z",
};

const created: CreatedReceiver = { ...shown, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };

const detail: DetailedReceiver = {
  ...shown,
  health: { state: "closed", consecutive_failures: 0, next_probe_at: null, paused: null },
};
const delivered: ShownTest = {
  ...{ delivery_id: "msg_0196e3a07c1e7d2b9f3a5c1d2e4f6a7b", status: "delivered", status_code: 204 },
  ...{ error: null, detail: null, address: "192.0.2.7", duration_ms: 41, response_body: null },
};
const waiting: ShownTest = {
  ...{ delivery_id: "msg_0196e3a07c1e7d2b9f3a5c1d2e4f6a7b", status: "delivering", status_code: null },
  ...{ error: null, detail: null, address: null, duration_ms: null, response_body: null },
};

const rotated: RotatedReceiver = { ...created, previous_until: "2026-11-22T08:30:00.000Z" };

const publicHalf = {
  key: "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
  pem: "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n",
};
const publicKeys: ShownPublicKeys = { ...publicHalf, keys: [publicHalf] };

export function receivers(vocabulary: Vocabulary): Resource {
  const one: Answer = jsonAnswer("The receiver.", ref("Receiver"), json(shown));
  const detailed = jsonAnswer("The receiver.", ref("DetailedReceiver"), json(detail));
  const taken = (name: string, example: RequestBody["content"][string]["example"]): RequestBody => ({
    required: true,
    content: { "application/json": { schema: ref(name), ...(example !== undefined && { example }) } },
  });
  const common = problems("forbidden", "not_found");
  const { enabled: _, account_id: __, description: ___, ...few } = settings;
  const switched = {
    parameters: [id],
    responses: { "200": one, ...common, ...bodyProblems() },
  };
  return {
    tag: { name: "Receivers", description: "Where webhooks go, and how." },
    schemas: { ...receiverSchemas(vocabulary), ...optionSchemas.receiver },
    operations: {
      listReceivers: {
        parameters: [ref("Limit", "parameters"), ref("Cursor", "parameters"), include, search],
        responses: {
          "200": jsonAnswer("A page of receivers.", page(ref("Receiver")), {
            items: [json(shown)],
            next_cursor: null,
          }),
          ...problems("forbidden", "invalid"),
        },
      },
      createReceiver: {
        requestBody: taken("ReceiverInput", json(few)),
        responses: {
          "201": {
            ...jsonAnswer("The receiver, with its secret.", ref("CreatedReceiver"), json(created)),
            headers: { location: ref("Location", "headers") },
          },
          ...problems("forbidden"),
          ...bodyProblems(),
        },
      },
      getReceiver: {
        parameters: [id, include],
        responses: { "200": detailed, ...common, ...problems("invalid") },
      },
      changeReceiver: {
        parameters: [id],
        requestBody: taken("ReceiverPatch", { bundle: { quiet: "10s" }, headers: { "x-tenant": null } }),
        responses: { "200": one, ...common, ...bodyProblems() },
      },
      removeReceiver: {
        parameters: [id],
        responses: {
          "204": { description: "It is removed; its log stays." },
          ...common,
          ...problems("invalid", "storage_full"),
        },
      },
      testReceiver: {
        parameters: [id],
        responses: {
          "200": jsonAnswer("What came of it.", ref("ReceiverTest"), json(delivered)),
          "202": jsonAnswer("It has yet to end.", ref("ReceiverTest"), json(waiting)),
          ...common,
          ...problems("conflict"),
          ...bodyProblems(),
        },
      },
      rotateReceiverSecret: {
        parameters: [id],
        requestBody: { ...taken("SecretRotation", { overlap: "24h" }), required: false },
        responses: {
          "200": jsonAnswer("The receiver, with its new secret.", ref("RotatedReceiver"), json(rotated)),
          ...common,
          ...problems("conflict"),
          ...bodyProblems(),
        },
      },
      getReceiverOptions: optionOperations.receiver,
      getReceiverPublicKey: {
        parameters: [id],
        responses: {
          "200": jsonAnswer("Its public keys.", ref("ReceiverPublicKeys"), json(publicKeys)),
          ...common,
          ...problems("invalid"),
        },
      },
      enableReceiver: switched,
      disableReceiver: switched,
    },
  };
}
