/** Talk to a Koppla server with what the platform has: `fetch` and WebCrypto. */
export type { Operations, Schemas } from "./api.ts";
export { type Change, Changes, type ChangesOptions } from "./changes.ts";
export { Koppla, type KopplaOptions, type Query, type RequestOptions } from "./client.ts";
export * from "./errors.ts";
export type { Code } from "./login.ts";
export { Operation, type OperationState, type WaitOptions } from "./operations.ts";
export {
  type AnyTypes,
  type Id,
  type Json,
  type ListOptions,
  type Page,
  type PushResult,
  Records,
} from "./records.ts";
export type { Answer } from "./transport.ts";
export { verifyWebhook, type WebhookHeaders, type WebhookOptions } from "./webhooks.ts";
