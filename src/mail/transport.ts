/**
 * Hands mail to the mail server that the configuration names (`smtp`), by nodemailer.
 *
 * `smtps://` is TLS from the start. `smtp://` uses STARTTLS where the server offers it; with a password in the URL it
 * insists on it, unless the server is on this machine or the URL says `?ignoreTLS=true`.
 */
import type { Transporter } from "nodemailer";

import type { Config } from "../config/types.ts";
import { parseSender } from "./address.ts";
import { type Deliver, MailFault } from "./outbox.ts";
import type { MailRow } from "./queries.ts";

/** Milliseconds. */
const LIMITS = { connectionTimeout: 15_000, greetingTimeout: 15_000, socketTimeout: 30_000 };
/** A server's words as they stand in our log. */
const LONGEST_REASON = 200;
/** What nodemailer calls a fault that every mail would meet: no connection, no TLS, wrong password. */
const SERVER_FAULTS = /^(E?CONNECTION|ETIMEDOUT|ESOCKET|EDNS|ETLS|EAUTH|ENOAUTH|EPROTOCOL|ECONFIG|EPROXY)$/;

/** @param smtp  the configuration's; null: there is no mail server */
export function smtpDelivery(
  smtp: Pick<NonNullable<Config["smtp"]>, "url" | "from"> | null,
): Deliver | undefined {
  if (smtp === null) return undefined;
  const from = parseSender(smtp.from) ?? { name: "", address: smtp.from };
  let transporter: Promise<Transporter> | undefined;
  return async (mail, signal) => {
    // Its code is read with the first mail: most starts send none.
    transporter ??= open(smtp.url);
    try {
      await (await transporter).sendMail({ ...compose(mail, from), signal } as object);
    } catch (error) {
      throw faultOf(error, signal);
    }
  };
}

async function open(url: string): Promise<Transporter> {
  const { createTransport } = await import("nodemailer");
  return createTransport({
    ...LIMITS,
    url,
    requireTLS: insistsOnTls(url),
    // No mail of ours is made of files or of what lies elsewhere.
    disableFileAccess: true,
    disableUrlAccess: true,
  } as object);
}

/** Whether a password in the URL must not go in the clear. */
export function insistsOnTls(text: string): boolean {
  const url = new URL(text);
  const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(url.hostname);
  return url.password !== "" && !here && url.searchParams.get("ignoreTLS") !== "true";
}

/** The message, as nodemailer wants it. Addresses are objects, so that none of them is read as a list. */
export function compose(mail: MailRow, from: { name: string; address: string }) {
  const host = from.address.split("@")[1] ?? "localhost";
  return {
    from,
    to: { name: "", address: mail.recipient },
    subject: mail.subject,
    text: mail.body,
    date: new Date(mail.createdAt),
    // The same on every attempt: a mail program shows it once.
    messageId: `<${mail.id}@${host}>`,
    // RFC 3834: nobody's holiday answers it.
    headers: { "Auto-Submitted": "auto-generated" },
  };
}

function faultOf(error: unknown, signal: AbortSignal): MailFault {
  const { code, responseCode, response, command } = (error ?? {}) as Record<string, unknown>;
  if (signal.aborted) return new MailFault("the mail server took too long", true);
  const name = typeof code === "string" ? code : "it could not be sent";
  const answer = typeof response === "string" ? response.split(/[\r\n]/)[0]?.slice(0, LONGEST_REASON) : "";
  // 421: the server is going away (RFC 5321, 4.2.2).
  const everyone = SERVER_FAULTS.test(name) || responseCode === 421;
  const lasting = !everyone && isLasting(command, responseCode, answer ?? "");
  return new MailFault(answer ? `${name}: ${answer.replace(/\p{C}/gu, " ")}` : name, everyone, lasting);
}

/**
 * Whether a mail server has refused this recipient, or this mail, for good (RFC 5321, 4.2.1: 5yz). Not what it says of
 * the sender, nor what passes: a full mailbox (552, also 4.5.3.1.10), and rules of its own (5.7.x, RFC 3463, 3.8), which
 * whoever runs it changes when mail of ours is refused.
 */
function isLasting(command: unknown, code: unknown, answer: string): boolean {
  if (command !== "RCPT TO" && command !== "DATA") return false;
  return typeof code === "number" && code >= 500 && code !== 552 && !/^\d{3}[ -]5\.(?:2\.2|7\.)/.test(answer);
}
