/** HTTP: a message is sent to a URL as JSON, signed as webhooks are. */
import type { HttpChannelConfig } from "../../config/types.ts";
import { parseSecret, signStream } from "../../deliveries/signature.ts";
import { isoTime } from "../../http/query.ts";
import type { ChannelMessage } from "../../messages/publisher.ts";
import type { OutgoingRequest } from "../../outgoing/request.ts";
import { version } from "../../version.ts";
import { Marks, type Piece, streamedBody } from "../body.ts";
import {
  type Channel,
  type ChannelContext,
  type ChannelOutcome,
  failed,
  uploadTime,
  type Verdict,
} from "../channel.ts";

const NOT_TAKEN = "The channel did not take the message.";
const LONGEST_DETAIL = 200;

export class HttpChannel implements Channel {
  readonly #config: HttpChannelConfig;
  readonly #tls: OutgoingRequest["tls"];
  readonly #key: Uint8Array;

  constructor(config: HttpChannelConfig, tls: OutgoingRequest["tls"]) {
    this.#config = config;
    this.#tls = tls;
    this.#key = parseSecret(config.secret);
  }

  get name(): string {
    return this.#config.name;
  }

  get longest(): number {
    return this.#config.connectTimeout + this.#config.timeout;
  }

  /** It takes every message. */
  judge(): Verdict {
    return { takes: true, violations: [] };
  }

  async publish(message: ChannelMessage, context: ChannelContext): Promise<ChannelOutcome> {
    const { url, headers, timeout, connectTimeout, attachments } = this.#config;
    const { publicationId, now, publicUrl, signal, send } = context;
    const body = streamedBody(messageBody(message, attachments === "links" ? publicUrl : null));
    const timestamp = Math.floor(now / 1000);
    const result = await send({
      ...{ url, method: "POST", stream: body, connectTimeout, signal },
      headers: {
        ...headers,
        "content-type": "application/json",
        "user-agent": `koppla/${version}`,
        "webhook-id": publicationId,
        "webhook-timestamp": String(timestamp),
        // The signature comes before the body, so attachments are read twice: once here, once to be sent.
        "webhook-signature": await signStream([this.#key], publicationId, timestamp, body.open()),
      },
      timeout: connectTimeout + timeout + uploadTime(body.size),
      ...(this.#tls && { tls: this.#tls }),
    });
    const { status = null } = result;
    if (result.error !== undefined) return failed(result, NOT_TAKEN);
    if (status !== null && status >= 200 && status < 300)
      return { published: true, statusCode: status, externalId: null };
    return failed({ ...result, detail: result.body.slice(0, LONGEST_DETAIL) }, NOT_TAKEN);
  }
}

/** @param links  where attachments can be fetched, without a trailing slash; null: they are in the body */
export function messageBody(message: ChannelMessage, links: string | null): Piece[] {
  const marks = new Marks();
  const { id, organisation, partyId, references, attachments, createdAt, instance, senderUserId } = message;
  const text = JSON.stringify({
    ...{ id, organisation: organisation.code, partyId, message: message.message },
    externalReferences: references.map(({ key, value }) => ({ key, value })),
    created: isoTime(createdAt),
    ...(instance !== null && { oepInstance: instance }),
    ...(senderUserId !== null && { sender: { userId: senderUserId } }),
    attachments: attachments.map((attachment, index) => {
      const { fileName, mimeType, size } = attachment;
      const where =
        links === null
          ? { base64Data: marks.of(attachment) }
          : { url: `${links}/webmessages/${id}/attachments/${index}` };
      return { fileName, mimeType, size, ...where };
    }),
  });
  return marks.fill(text);
}
