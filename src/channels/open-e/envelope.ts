/** The request to Open-E: SOAP 1.1, `addMessage` of its callback service. */
import { XMLBuilder } from "fast-xml-parser";

import type { ChannelMessage } from "../../messages/publisher.ts";
import { Marks, type Piece } from "../body.ts";

const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
export const CALLBACK = "http://www.oeplatform.org/version/1.0/schemas/integration/callback";

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';
const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@" });

/** What no XML 1.0 document may hold, not even escaped (XML 1.0, 2.2). */
const FORBIDDEN = /(?![\t\n\r\u007f-\u009f])\p{Cc}|\p{Surrogate}|[\ufffe\uffff]/gu;

/**
 * @param flowInstanceId  the case
 * @returns the envelope in pieces, of which the attachments are read when they are sent
 */
export function addMessage(message: ChannelMessage, flowInstanceId: string): Piece[] {
  const marks = new Marks();
  const { createdAt, attachments, senderUserId } = message;
  const body = {
    "@xmlns": CALLBACK,
    flowInstanceID: xmlText(flowInstanceId),
    message: {
      added: localTime(createdAt),
      attachments: attachments.map((attachment) => ({
        encodedData: marks.of(attachment),
        filename: xmlText(attachment.fileName),
        size: attachment.size,
      })),
      message: xmlText(message.message),
    },
    ...(senderUserId !== null && { principal: { userID: xmlText(senderUserId) } }),
  };
  const text = builder.build({ Envelope: { "@xmlns": SOAP, Body: { addMessage: body } } });
  return marks.fill(DECLARATION + text);
}

/** Text that XML can hold: what it cannot becomes U+FFFD. */
export function xmlText(text: string): string {
  return text.replace(FORBIDDEN, "\ufffd");
}

/** xs:dateTime in the server's own time zone, as Open-E shows it: `2024-01-01T12:00:00.000+01:00`. */
export function localTime(at: number): string {
  const offset = -new Date(at).getTimezoneOffset();
  const local = new Date(at + offset * 60_000).toISOString().slice(0, -1);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const ahead = Math.abs(offset);
  return `${local}${offset < 0 ? "-" : "+"}${two(ahead / 60)}:${two(ahead % 60)}`;
}
