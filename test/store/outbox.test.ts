import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import type { Clock } from "../../src/clock.ts";
import { listMails } from "../../src/mail/log.ts";
import { type Deliver, MailFault, type NewMail, Outbox } from "../../src/mail/outbox.ts";
import type { MailRow } from "../../src/mail/queries.ts";
import { Problem } from "../../src/problem.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases } from "./databases.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

const mail: NewMail = {
  organisationId: 1,
  recipient: "anna@example.org",
  subject: "A receiver fails",
  body: "Look.",
};

describe.each(databases)("the outbox on %s", (kind) => {
  let rooms: Rooms;
  const stores: Store[] = [];
  const open: Outbox[] = [];

  beforeAll(async () => {
    rooms = await makeRooms(kind);
  });
  beforeEach(async () => {
    await rooms.store.write((tx) => tx.query(({ db, t }) => db.delete(t.mails)));
  });
  afterAll(async () => {
    for (const outbox of open) await outbox.stop();
    for (const store of stores) await store.close();
    await rooms.close();
  });

  /** An outbox whose mail server is played by `deliver`. Its attempts wait for each other in `next`. */
  const outboxWith = (
    deliver: Deliver,
    { store = rooms.store, clock = rooms.clock as Clock, start = true } = {},
  ) => {
    const lines: [string, Record<string, unknown>][] = [];
    const note = (message: string, fields: Record<string, unknown> = {}) =>
      void lines.push([message, fields]);
    const outbox = new Outbox({ store, clock, deliver });
    open.push(outbox);
    if (start) outbox.start({ info: note, warn: note, error: note });
    return { outbox, lines };
  };

  const queue = (outbox: Outbox, more: Partial<NewMail> = {}) =>
    rooms.store.write(async (tx) => outbox.queue(tx, { ...mail, ...more }));

  const rows = () => rooms.store.read((reader) => reader.query(({ db, t }) => db.select().from(t.mails)));

  /** Until the database has no work left that anybody waits for. */
  const settled = async (condition: () => Promise<boolean> | boolean) => {
    for (const end = performance.now() + 4_000; !(await condition()); await Bun.sleep(1)) {
      if (performance.now() > end) throw new Error(`it did not come about: ${String(condition)}`);
    }
  };

  test("sends what was queued, once, and keeps nothing of it", async () => {
    const sent: MailRow[] = [];
    const { outbox } = outboxWith(async (row) => void sent.push(row));
    await queue(outbox, { subject: "Två\r\nBcc: everybody@example.org\0\u2028rader" });
    await settled(async () => (await rows()).length === 0);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      ...{ recipient: mail.recipient, body: mail.body, organisationId: 1, attempts: 1 },
      subject: "Två Bcc: everybody@example.org rader",
    });
    await outbox.stop();
  });

  test("sends nothing of a transaction that was undone, nor to an impossible address, nor without a mail server", async () => {
    const sent: MailRow[] = [];
    const { outbox, lines } = outboxWith(async (row) => void sent.push(row));
    const undone = rooms.store.write(async (tx) => {
      outbox.queue(tx, mail);
      throw new Problem("conflict", "no");
    });
    await expect(undone).rejects.toThrow("no");
    const impossible = [
      "",
      "anna",
      "a@b, c@d",
      "a@b\r\nBcc: c@d",
      "<a@b>",
      "a b@c",
      `a@${"b".repeat(300)}`,
      'a@b"',
      "a@b@c",
    ];
    for (const recipient of impossible) await queue(outbox, { recipient });
    expect(lines.map(([message]) => message)).toEqual(
      impossible.map(() => "mail to an impossible address was dropped"),
    );
    const none = new Outbox({ ...rooms, deliver: undefined });
    expect(none.isOpen).toBe(false);
    await queue(none);
    await queue(outbox, { subject: "the only one" });
    await settled(async () => (await rows()).length === 0);
    expect(sent.map(({ subject }) => subject)).toEqual(["the only one"]);
    await outbox.stop();
  });

  test("tries again after a minute, five, fifteen, an hour, then every three, and gives up after three days", async () => {
    const at: number[] = [];
    const began = rooms.clock.now();
    const { outbox, lines } = outboxWith(async () => {
      at.push((rooms.clock.now() - began) / MINUTE);
      throw new MailFault("EENVELOPE: 550 unknown", false);
    });
    await queue(outbox);
    for (let number = 1; ; number++) {
      // What the log says follows the row.
      await settled(() => at.length === number && lines.length === number);
      const [row] = await rows();
      if (!row) break;
      await settled(async () => {
        // The timer is set a moment after the row is.
        if (at.length === number) rooms.clock.advance(Math.max(0, row.nextAttemptAt - rooms.clock.now()));
        return at.length === number + 1;
      });
    }
    expect(at.slice(0, 6)).toEqual([0, 1, 6, 21, 81, 261]);
    expect(at.at(-1)).toBeLessThanOrEqual((3 * DAY) / MINUTE);
    expect(at.at(-1)).toBeGreaterThan((3 * DAY) / MINUTE - 181);
    expect(lines.at(-1)).toMatchObject([
      "mail was given up",
      { attempts: at.length, reason: "EENVELOPE: 550 unknown" },
    ]);
    expect(lines.slice(0, -1).every(([message]) => message === "mail could not be sent yet")).toBe(true);
    await outbox.stop();
  });

  test("gives up at once what is refused for good, and goes on with the others", async () => {
    const sent: string[] = [];
    const { outbox, lines } = outboxWith(async ({ recipient }) => {
      if (recipient.startsWith("nobody")) throw new MailFault("EENVELOPE: 550 No such user", false, true);
      sent.push(recipient);
    });
    await queue(outbox, { recipient: "nobody@example.org" });
    await queue(outbox);
    await settled(async () => (await rows()).length === 0 && lines.length === 1);
    expect(sent).toEqual([mail.recipient]);
    expect(lines).toMatchObject([
      ["mail was refused for good", { attempts: 1, reason: "EENVELOPE: 550 No such user" }],
    ]);
    const { items } = await listMails(rooms.store, 1, { limit: 10, recipient: "Nobody@Example.org" });
    expect(items).toMatchObject([
      {
        ...{ recipient: "nobody@example.org", status: "failed", attempts: 1 },
        error: "EENVELOPE: 550 No such user",
      },
    ]);
    await outbox.stop();
  });

  test("leaves a mail server that is away alone for half a minute, however much is queued", async () => {
    let attempts = 0;
    let away = true;
    const { outbox } = outboxWith(async () => {
      attempts++;
      if (away) throw new MailFault("ECONNREFUSED", true);
    });
    await queue(outbox);
    await settled(async () =>
      (await rows()).some(
        (row) => row.nextAttemptAt > rooms.clock.now() && row.nextAttemptAt <= rooms.clock.now() + MINUTE,
      ),
    );
    for (let i = 0; i < 10; i++) await queue(outbox);
    expect(attempts).toBe(1);
    away = false;
    await settled(async () => {
      if (attempts === 1) rooms.clock.advance(30_000);
      return attempts > 10;
    });
    await settled(async () => {
      rooms.clock.advance(MINUTE);
      return (await rows()).length === 0;
    });
    await outbox.stop();
  });

  test("sends after a start what was queued before it", async () => {
    const sent: MailRow[] = [];
    const { outbox } = outboxWith(async (row) => void sent.push(row), { start: false });
    await queue(outbox);
    expect(await rows()).toHaveLength(1);
    const next = outboxWith(async (row) => void sent.push(row));
    await settled(async () => (await rows()).length === 0);
    expect(sent).toHaveLength(1);
    await next.outbox.stop();
  });

  test("of a process that died while sending is sent by another when its lease has ended", async () => {
    const sent: string[] = [];
    const dead: Clock = { now: () => rooms.clock.now(), after: () => () => {} };
    const hanging = outboxWith(
      (_, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
      {
        clock: dead,
      },
    );
    await queue(hanging.outbox);
    await settled(async () => (await rows())[0]?.attempts === 1);
    const [row] = await rows();
    const store = await openStore(rooms.database.options, rooms.clock);
    stores.push(store);
    const other = outboxWith(async ({ id, attempts }) => void sent.push(`${id} ${attempts}`), { store });
    await settled(async () => {
      // On SQLite nobody else can be sending when a server starts: there it is sent at once.
      if (kind === "postgres") rooms.clock.advance(10_000);
      return (await rows()).length === 0;
    });
    expect(sent).toEqual([`${row?.id} 2`]);
    if (kind === "postgres")
      expect(rooms.clock.now()).toBeGreaterThanOrEqual(row?.nextAttemptAt ?? Number.NaN);
    await other.outbox.stop();
    await hanging.outbox.stop();
  });

  test.if(kind === "postgres")("is emptied by two nodes, each mail by one", async () => {
    const sent: string[] = [];
    const deliver: Deliver = async ({ id }) => {
      sent.push(id);
      await Bun.sleep(1);
    };
    const store = await openStore(rooms.database.options, rooms.clock);
    stores.push(store);
    const [a, b] = [outboxWith(deliver), outboxWith(deliver, { store })];
    const write = (outbox: Outbox, in_: Store) => in_.write(async (tx) => outbox.queue(tx, mail));
    await Promise.all(
      Array.from({ length: 60 }, (_, i) => (i % 2 ? write(a.outbox, rooms.store) : write(b.outbox, store))),
    );
    await settled(async () => (await rows()).length === 0);
    expect(sent).toHaveLength(60);
    expect(new Set(sent).size).toBe(60);
    for (const { outbox } of [a, b]) await outbox.stop();
  });
});
