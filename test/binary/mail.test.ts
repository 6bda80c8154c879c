/** Mail that the server sends: to a mail server of the test's own. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { SMTPServer } from "smtp-server";

import { eventually } from "./eventually.ts";
import { type Koppla, LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";

interface Taken {
  from: string;
  to: string[];
  text: string;
}

const PASSWORD = "c4nary-mail-password";
let sink: TestReceiver;
const opened: { close(): Promise<void> }[] = [];

beforeAll(() => {
  sink = new TestReceiver({ answer: () => 500 });
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
afterAll(() => sink.stop());

/** A mail server on a port. @param port  0: any */
async function mailServer(port = 0) {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _, done) =>
      password === PASSWORD ? done(null, { user: username }) : done(new Error("Invalid")),
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        taken.push({
          from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
  });
  server.on("error", () => {});
  opened.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
  const listening = await new Promise<number>((resolve) => {
    const at = server.listen(port, "127.0.0.1", () => {
      const address = at.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return { taken, port: listening };
}

async function withMail(port: number): Promise<Koppla> {
  const koppla = await startKoppla({
    config: {
      smtp: {
        url: `smtp://koppla:${PASSWORD}@127.0.0.1:${port}`,
        from: "Koppla <koppla@example.org>",
        admin: "sysadmin@example.org",
      },
      webhooks: { disable_after: "1s" },
    },
  });
  opened.push({ close: () => koppla.dispose() });
  return koppla;
}

/** A receiver that fails until it is disabled. */
async function failing({ demo }: Koppla): Promise<void> {
  await createReceiver(demo, sink.url("/failing"), {
    name: "Course site",
    contact: "owner@example.net",
    retry: { steps: ["1s"], then: "repeat" },
  });
  await put(demo, "trainings/1", { name: "x" });
}

const recipients = (taken: readonly Taken[]): Set<string> => new Set(taken.flatMap(({ to }) => to));

test(
  "a receiver that is disabled for failing is told to its contact and to the sysadmin, each alone",
  async () => {
    const { taken, port } = await mailServer();
    const koppla = await withMail(port);
    await failing(koppla);
    await eventually("both have mail", async () => (recipients(taken).size === 2 ? true : undefined));
    expect(recipients(taken)).toEqual(new Set(["owner@example.net", "sysadmin@example.org"]));
    for (const { from, to, text } of taken) {
      expect(from).toBe("koppla@example.org");
      expect(to).toHaveLength(1);
      expect(text).toContain("Course site");
      expect(text).toMatch(/^Auto-Submitted: auto-generated\r$/im);
    }
    expect(koppla.log.text()).not.toContain(PASSWORD);
  },
  LONG_TEST_MS,
);

// With PostgreSQL another node may be at it: there its wait of a minute goes on.
test.skipIf(onPostgres)(
  "mail that could not be sent is sent after a crash and a start, when the mail server is there",
  async () => {
    // A port on which nothing listens yet.
    const { port } = await mailServer();
    await opened.pop()?.close();
    const koppla = await withMail(port);
    await failing(koppla);
    await koppla.log.waitFor(({ json }) => json?.["msg"] === "mail could not be sent yet", 20_000);
    expect(koppla.log.text()).not.toContain(PASSWORD);
    await koppla.kill9();
    const { taken } = await mailServer(port);
    await koppla.start();
    await eventually("both have mail", async () => (recipients(taken).size === 2 ? true : undefined));
  },
  LONG_TEST_MS,
);
