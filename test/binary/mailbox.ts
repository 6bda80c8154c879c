/** A mail server of the test's own: it takes everything, and keeps it. */
import { SMTPServer } from "smtp-server";

import { eventually } from "./eventually.ts";

export interface TakenMail {
  to: string[];
  /** By name in lower case, unfolded, as they were sent. */
  headers: Map<string, string>;
  /** What it says. */
  body: string;
}

export class Mailbox {
  readonly mails: TakenMail[] = [];
  readonly #server: SMTPServer;
  #port = 0;

  private constructor() {
    this.#server = new SMTPServer({
      disabledCommands: ["STARTTLS", "AUTH"],
      authOptional: true,
      onData: (stream, { envelope }, done) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          this.mails.push(
            parse(
              text,
              envelope.rcptTo.map(({ address }) => address),
            ),
          );
          done();
        });
      },
    });
    this.#server.on("error", () => {});
  }

  /** @param port  0: any */
  static async open(port = 0): Promise<Mailbox> {
    const box = new Mailbox();
    box.#port = await new Promise<number>((resolve) => {
      const listening = box.#server.listen(port, "127.0.0.1", () => {
        const address = listening.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    return box;
  }

  /** The section of the configuration. */
  get smtp(): { url: string; from: string } {
    return { url: `smtp://127.0.0.1:${this.#port}`, from: "Koppla <koppla@example.org>" };
  }

  /** The mail number `index` to an address, when it has come. */
  to(address: string, index = 0): Promise<TakenMail> {
    return eventually(`mail to ${address}`, async () => this.sentTo(address)[index]);
  }

  sentTo(address: string): TakenMail[] {
    return this.mails.filter(({ to }) => to.includes(address));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** The links to the page where a password is chosen. */
export function linksIn({ body }: TakenMail): string[] {
  return body.match(/https?:\/\/\S+\/account\/password\?key=\w+/g) ?? [];
}

function parse(text: string, to: string[]): TakenMail {
  const end = text.indexOf("\r\n\r\n");
  const lines = text
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const raw = text.slice(end + 4);
  return {
    to,
    headers,
    body: decode(raw, headers.get("content-transfer-encoding")).replaceAll("\r\n", "\n"),
  };
}

/** RFC 2045, 6. */
function decode(text: string, encoding = "7bit"): string {
  if (/^base64$/i.test(encoding)) return Buffer.from(text, "base64").toString("utf8");
  if (!/^quoted-printable$/i.test(encoding)) return text;
  const bytes = text
    .replaceAll(/=\r\n/g, "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
