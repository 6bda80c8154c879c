/** One-time codes of accounts: each is good once, whoever else has it, and wrong ones make everybody wait. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { generateSync } from "otplib";

import { type Editor, shellEditor } from "../../src/accounts/editor.ts";
import { databases } from "./databases.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

const STEP = 30_000;
const SECOND = 1_000;

describe.each(databases)("an account's codes on %s", (kind) => {
  let rooms: Rooms;
  let by: Editor;
  let account: { id: string; clientId: string };
  let secret: string;

  beforeAll(async () => {
    rooms = await makeRooms(kind);
  });
  afterAll(() => rooms.close());
  beforeEach(async () => {
    await rooms.renew();
    rooms.clock.advance(10 * STEP);
    by = shellEditor(rooms.mine.id);
    const made = await rooms.accounts.createFrom({ name: "ERP", grants: [], totp: true }, by);
    account = made;
    secret = made.totp?.secret ?? "";
  });

  const use = (code: string | null | undefined, at: Pick<Rooms, "accounts" | "store"> = rooms) =>
    at.store.write((tx) => at.accounts.useTotp(tx, account, code));

  /** @param steps  how far from now */
  const code = (steps = 0, of = secret) =>
    generateSync({ secret: of, epoch: Math.floor((rooms.clock.now() + steps * STEP) / 1000) });

  /** A code that is not good now, nor near to now. */
  const wrong = () => {
    const near = [-2, -1, 0, 1, 2].map((steps) => code(steps));
    return (
      ["000000", "111111", "222222", "333333", "444444", "555555"].find((text) => !near.includes(text)) ?? ""
    );
  };

  test("are good now and a step before and after, each once", async () => {
    expect(await use(code(-1))).toBe("ok");
    expect(await use(code(-1))).toBe("used");
    expect(await use(code())).toBe("ok");
    expect(await use(code())).toBe("used");
    expect(await use(code(1))).toBe("ok");
    expect(await use(code(1))).toBe("used");
  });

  test("that are older than one that was used are used too", async () => {
    expect(await use(code(1))).toBe("ok");
    expect(await use(code())).toBe("used");
    expect(await use(code(-1))).toBe("used");
    rooms.clock.advance(2 * STEP);
    expect(await use(code())).toBe("ok");
  });

  test("two steps away are wrong", async () => {
    for (const steps of [-2, 2]) {
      expect(await use(code(steps))).toBe("wrong");
      rooms.clock.advance(20 * STEP);
    }
  });

  test("used up by a clock that ran hours ahead are good again once it is right, from the next one on", async () => {
    const ahead = 2 * 3_600 * SECOND;
    rooms.clock.advance(ahead);
    expect(await use(code())).toBe("ok");
    rooms.clock.advance(-ahead);
    expect(await use(code())).toBe("used");
    rooms.clock.advance(STEP);
    expect(await use(code())).toBe("ok");
    expect(await use(code())).toBe("used");
  });

  test("refused by a clock that ran hours ahead are not refused any more once it is right", async () => {
    const ahead = 2 * 3_600 * SECOND;
    rooms.clock.advance(ahead);
    expect(await use(wrong())).toBe("wrong");
    rooms.clock.advance(-ahead);
    expect(await use(code())).toBe("ok");
  });

  test("stay used where the clock is set back by minutes", async () => {
    const seen = code();
    rooms.clock.advance(5 * 60 * SECOND);
    expect(await use(code())).toBe("ok");
    rooms.clock.advance(-5 * 60 * SECOND);
    expect(await use(seen)).toBe("used");
    rooms.clock.advance(5 * 60 * SECOND);
  });

  test("sent eight times side by side are good exactly once, on two servers", async () => {
    const other = await rooms.otherServer();
    const same = code();
    const uses = await Promise.all(
      Array.from({ length: 8 }, (_, index) => use(same, index % 2 === 0 ? rooms : other)),
    );
    expect(uses.filter((result) => result === "ok")).toHaveLength(1);
    expect(uses.filter((result) => result === "used")).toHaveLength(7);
  });

  test("that were not sent are missing, which locks nothing", async () => {
    for (const nothing of [null, undefined, ""]) expect(await use(nothing)).toBe("missing");
    expect(await use(code())).toBe("ok");
  });

  test("are asked of nobody who has no TOTP", async () => {
    await rooms.accounts.credentials.removeTotp(by, account.id);
    expect(await use(undefined)).toBe("ok");
    expect(await use("anything")).toBe("ok");
  });

  test("of a secret that was replaced are wrong, and its steps are used up by nobody", async () => {
    expect(await use(code())).toBe("ok");
    const next = (await rooms.accounts.credentials.setTotp(by, account.id)).secret;
    expect(await use(code(0, next))).toBe("ok");
    if (code(1) !== code(1, next)) expect(await use(code(1))).toBe("wrong");
  });

  test("after a wrong one are refused for 15 s, also a right one, which stays good", async () => {
    const started = rooms.clock.now();
    expect(await use(wrong())).toBe("wrong");
    expect(await use(code())).toEqual({ lockedUntil: started + 15 * SECOND });
    rooms.clock.advance(15 * SECOND - 1);
    expect(await use(wrong())).toEqual({ lockedUntil: started + 15 * SECOND });
    rooms.clock.advance(1);
    expect(await use(code())).toBe("ok");
  });

  test("are refused for twice as long after each wrong one, for a quarter of an hour at most", async () => {
    const locks: number[] = [];
    for (let i = 0; i < 9; i++) {
      expect(await use(wrong())).toBe("wrong");
      const locked = await use(code());
      if (typeof locked === "string") throw new Error(`it is ${locked}, not locked`);
      locks.push((locked.lockedUntil - rooms.clock.now()) / SECOND);
      rooms.clock.advance(locked.lockedUntil - rooms.clock.now());
    }
    expect(locks).toEqual([15, 30, 60, 120, 240, 480, 900, 900, 900]);
    expect(await use(code())).toBe("ok");
    rooms.clock.advance(2 * STEP);
    // A right one is a new start.
    expect(await use(wrong())).toBe("wrong");
    expect(await use(code())).toEqual({ lockedUntil: rooms.clock.now() + 15 * SECOND });
  });

  test("that are wrong, many side by side, count as one", async () => {
    const other = await rooms.otherServer();
    const started = rooms.clock.now();
    const uses = await Promise.all(
      Array.from({ length: 8 }, (_, index) => use(wrong(), index % 2 === 0 ? rooms : other)),
    );
    expect(uses.filter((result) => result === "wrong")).toHaveLength(1);
    expect(await use(code())).toEqual({ lockedUntil: started + 15 * SECOND });
  });

  test("that are wrong are in the audit log, without the code", async () => {
    const guess = wrong();
    await use(guess);
    await use(guess);
    const rows = await rooms.store.read((reader) =>
      reader.query(({ db, t }) => db.select().from(t.auditEvents)),
    );
    const locks = rows.filter(({ action, target }) => {
      return action === "account.totp_lock" && target === `account:${account.clientId}`;
    });
    expect(locks).toMatchObject([
      { outcome: "denied", subject: `account:${account.clientId}`, client: account.clientId },
    ]);
    const lockedUntil = new Date(rooms.clock.now() + 15 * SECOND).toISOString();
    expect(JSON.parse(locks[0]?.detail ?? "")).toEqual({ wrong: 1, locked_until: lockedUntil });
  });
});
