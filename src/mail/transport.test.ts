import { afterEach, describe, expect, test } from "bun:test";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

import { MailFault } from "./outbox.ts";
import type { MailRow } from "./queries.ts";
import { insistsOnTls, smtpDelivery } from "./transport.ts";

const PASSWORD = "c4nary-p4ssword";

const mail: MailRow = {
  ...{ id: "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b", organisationId: 1, kind: "notice" },
  recipient: "åsa.anna@example.org",
  ...{
    subject: "Mottagaren svarar inte: en lång rad som bryts, och gärna flera gånger om den behöver det",
    body: "Hej!\n.\nÅÄÖ\n",
  },
  ...{ createdAt: Date.UTC(2026, 10, 21, 19, 5), attempts: 1, nextAttemptAt: 0, node: null },
};

const opened: SMTPServer[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await new Promise<void>((resolve) => server.close(() => resolve()));
});

interface Taken {
  from: string;
  to: string[];
  text: string;
  secure: boolean;
  user: unknown;
}

/** A mail server that keeps what it takes. */
async function mailServer(options: SMTPServerOptions = {}) {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        taken.push({
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString("utf8"),
          secure: session.secure,
          user: session.user,
        });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => {});
  opened.push(server);
  const port = await new Promise<number>((resolve) => {
    const listening = server.listen(0, "127.0.0.1", () => {
      const address = listening.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return { taken, port };
}

async function send(url: string, signal = new AbortController().signal): Promise<MailFault | undefined> {
  const deliver = smtpDelivery({ url, from: "Koppla <koppla@example.org>" });
  try {
    await deliver?.(mail, signal);
    return undefined;
  } catch (error) {
    if (error instanceof MailFault) return error;
    throw error;
  }
}

const header = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*(?:\\r\\n[ \\t].*)*)`, "im").exec(text.split("\r\n\r\n")[0] ?? "")?.[1];

describe("a mail", () => {
  test("arrives with its text, to its recipient alone, and says that nobody wrote it", async () => {
    const { taken, port } = await mailServer({ disabledCommands: ["STARTTLS", "AUTH"] });
    expect(await send(`smtp://127.0.0.1:${port}`)).toBeUndefined();
    expect(taken).toHaveLength(1);
    const [{ from, to, text }] = taken as [Taken];
    expect({ from, to }).toEqual({ from: "koppla@example.org", to: [mail.recipient] });
    expect(header(text, "From")).toBe("Koppla <koppla@example.org>");
    expect(header(text, "Auto-Submitted")).toBe("auto-generated");
    expect(header(text, "Message-ID")).toBe(`<${mail.id}@example.org>`);
    expect(header(text, "Date")).toBe("Sat, 21 Nov 2026 19:05:00 +0000");
    for (const line of text.split("\r\n")) expect(line.length).toBeLessThan(998);
    expect(header(text, "Cc") ?? header(text, "Bcc")).toBeUndefined();
  });

  test("uses STARTTLS where it is offered, and does not trust just anybody", async () => {
    const { taken, port } = await mailServer({ disabledCommands: ["AUTH"] });
    expect(await send(`smtp://127.0.0.1:${port}`)).toMatchObject({ everyone: true });
    expect(taken).toEqual([]);
    expect(await send(`smtp://127.0.0.1:${port}?tls.rejectUnauthorized=false`)).toBeUndefined();
    expect(taken[0]?.secure).toBe(true);
  });

  test("goes over TLS from the start, with user and password, where the URL says so", async () => {
    const { taken, port } = await mailServer({
      secure: true,
      authOptional: false,
      onAuth: ({ username, password }, _, done) =>
        password === PASSWORD
          ? done(null, { user: username })
          : done(new Error("Invalid username or password")),
    });
    const url = `smtps://koppla%40example.org:${PASSWORD}@127.0.0.1:${port}?tls.rejectUnauthorized=false`;
    expect(await send(url)).toBeUndefined();
    expect(taken[0]).toMatchObject({ secure: true, user: "koppla@example.org" });
    const refused = await send(url.replace(PASSWORD, `${PASSWORD}-wrong`));
    expect(refused?.everyone).toBe(true);
    expect(refused?.message).toContain("EAUTH");
    expect(refused?.message).not.toContain(PASSWORD);
  });

  const refusing = (code: number, text: string) => (_: unknown, __: unknown, done: (error: Error) => void) =>
    done(Object.assign(new Error(text), { responseCode: code }));

  test.each([
    [550, "No such user", true],
    [550, "5.1.1 No such user", true],
    [553, "5.1.3 Bad address", true],
    [450, "4.2.0 Greylisted", false],
    [552, "5.2.2 Mailbox full", false],
    [550, "5.2.2 Over quota", false],
    [550, "5.7.1 Relaying denied", false],
    [554, "5.7.1 Listed as a source of spam", false],
  ])(
    "whose recipient is refused with %p %s is that mail's fault, for good: %p",
    async (code, text, lasting) => {
      const { port } = await mailServer({
        disabledCommands: ["STARTTLS", "AUTH"],
        onRcptTo: refusing(code, text),
      });
      const fault = await send(`smtp://127.0.0.1:${port}`);
      expect(fault).toMatchObject({ everyone: false, lasting, message: `EENVELOPE: ${code} ${text}` });
    },
  );

  test("that is refused when it is read is its own fault, whose sender is refused the sysadmin's", async () => {
    const commands: SMTPServerOptions = { disabledCommands: ["STARTTLS", "AUTH"] };
    const reading = await mailServer({
      ...commands,
      onData: (stream, _, done) => {
        stream.resume();
        stream.on("end", () => done(Object.assign(new Error("No such format"), { responseCode: 554 })));
      },
    });
    expect(await send(`smtp://127.0.0.1:${reading.port}`)).toMatchObject({ everyone: false, lasting: true });
    const sender = await mailServer({ ...commands, onMailFrom: refusing(550, "Unknown sender") });
    expect(await send(`smtp://127.0.0.1:${sender.port}`)).toMatchObject({ everyone: false, lasting: false });
  });

  test("to a server that is not there is everybody's fault", async () => {
    const { port } = await mailServer();
    await new Promise<void>((resolve) => opened.pop()?.close(() => resolve()));
    expect(await send(`smtp://127.0.0.1:${port}`)).toMatchObject({ everyone: true });
  });

  test("is broken off when it is told to", async () => {
    const stop = new AbortController();
    const { port } = await mailServer({
      disabledCommands: ["STARTTLS", "AUTH"],
      onMailFrom: () => stop.abort(),
    });
    expect(await send(`smtp://127.0.0.1:${port}`, stop.signal)).toMatchObject({
      message: "the mail server took too long",
    });
  });
});

test.each([
  ["smtp://mail.example.org", false],
  ["smtp://user:pw@mail.example.org:587", true],
  ["smtp://user:pw@localhost:25", false],
  ["smtp://user:pw@127.0.0.1", false],
  ["smtp://user:pw@[::1]:25", false],
  ["smtp://user:pw@127.0.0.1.example.org", true],
  ["smtp://user:pw@mail.example.org?ignoreTLS=true", false],
])("%s insists on TLS: %p", (url, expected) => expect(insistsOnTls(url)).toBe(expected));
