/** Webhooks that arrive: Standard Webhooks, signature `v1`. */
import { InvalidWebhook } from "./errors.ts";

export interface WebhookOptions {
  /** Seconds that its time may be off, so that nobody can send an old one again: 300. */
  tolerance?: number;
  /** Milliseconds since 1970. */
  now?: number;
}

/** As `Headers`, or as Node has them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * What a webhook says, once it is known to be genuine.
 * @param secret  the receiver's (`whsec_...`); several while it is being changed
 * @param body  as it came: JSON that was parsed and written again may differ
 * @throws InvalidWebhook
 */
export async function verifyWebhook(
  secret: string | readonly string[],
  headers: WebhookHeaders,
  body: string | Uint8Array,
  { tolerance = 300, now = Date.now() }: WebhookOptions = {},
): Promise<unknown> {
  const given = new Headers();
  const entries = headers instanceof Headers ? [...headers] : Object.entries(headers);
  for (const [name, value] of entries) {
    if (typeof value === "string" && name.toLowerCase().startsWith("webhook-")) given.set(name, value);
  }
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map(
    (name) => given.get(`webhook-${name}`) ?? "",
  ) as [string, string, string];
  if (id === "" || signatures === "") throw new InvalidWebhook("the webhook is not signed");
  if (!/^\d{1,15}$/.test(timestamp)) throw new InvalidWebhook("the webhook's time is no number");
  if (Math.abs(now / 1000 - Number(timestamp)) > tolerance) {
    throw new InvalidWebhook("the webhook is too old, or from the future: is the clock right?");
  }
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(head.length + bytes.length);
  signed.set(head);
  signed.set(bytes, head.length);
  for (const one of typeof secret === "string" ? [secret] : secret) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", keyOf(one), algorithm, false, ["verify"]);
    for (const signature of signatures.split(" ")) {
      const mac = signature.startsWith("v1,") ? fromBase64(signature.slice(3)) : undefined;
      // `verify` compares in constant time.
      if (mac && (await crypto.subtle.verify("HMAC", key, mac, signed))) {
        return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
      }
    }
  }
  throw new InvalidWebhook("the webhook's signature is not the server's");
}

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  const key = fromBase64(secret.replace(/^whsec_/, ""));
  if (!key || key.length === 0)
    throw new TypeError("the secret is none: it begins with whsec_, and base64 follows");
  return key;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}
