/** What a partner's site was told is sent is sent, though the server dies before anybody has it. */
import { expect, test } from "bun:test";

import { LONG_TEST_MS, run, startKoppla } from "./harness.ts";
import { linksIn, Mailbox } from "./mailbox.ts";

const PW = "demo's password";
const PEOPLE = 12;

/** A mail server that lets everybody in and says nothing: what is sent to it is under way for ever. */
function mute() {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const server = Bun.listen({
    ...{ hostname: "127.0.0.1", port: 0 },
    socket: { open: () => resolve(), data: () => {} },
  });
  return { asked, port: server.port, stop: () => server.stop(true) };
}

test(
  "every mail that userAccount has promised goes out after a kill -9, with a key that works",
  async () => {
    const hanging = mute();
    const koppla = await startKoppla({
      config: { smtp: { url: `smtp://127.0.0.1:${hanging.port}`, from: "Koppla <koppla@example.org>" } },
    });
    const password = ["organisation", "password", "--code", "demo", "-c", koppla.configFile];
    expect((await run(password, { cwd: koppla.dir, input: `${PW}\n` })).exitCode).toBe(0);
    let box: Mailbox | undefined;
    try {
      const addresses = Array.from({ length: PEOPLE }, (_, index) => `person.${index}@example.org`);
      const answers = await Promise.all(
        addresses.map((email) => {
          const body = new URLSearchParams({ org: "demo", pw: PW, email });
          return fetch(`${koppla.url}/api/public/userAccount/`, { method: "POST", body });
        }),
      );
      expect(answers.map(({ status }) => status)).toEqual(addresses.map(() => 200));
      // Some are on their way, the others wait for their turn.
      await hanging.asked;
      await koppla.kill9();
      hanging.stop();
      box = await Mailbox.open(hanging.port);
      await koppla.start();
      for (const address of addresses) {
        const [link = ""] = linksIn(await box.to(address));
        const { pathname, search } = new URL(link);
        const page = await fetch(`${koppla.url}${pathname}${search}`);
        expect([page.status, await page.text()]).toEqual([200, expect.stringContaining(address)]);
      }
    } finally {
      hanging.stop();
      await koppla.dispose();
      await box?.close();
    }
  },
  LONG_TEST_MS,
);
