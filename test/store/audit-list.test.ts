/** Pages of the audit log: the same as a plain filter over all events, and each one stretch of an index. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import type { Author } from "../../src/audit/entry.ts";
import { type AuditFilter, AuditReader, type ShownEvent } from "../../src/audit/list.ts";
import { eventPage, nextAction, type Residual, scanEnd, type Stretch } from "../../src/audit/list-queries.ts";
import { AuditLog } from "../../src/audit/service.ts";
import { ManualClock } from "../../src/clock.ts";
import { Problem } from "../../src/problem.ts";
import { SqliteConnection } from "../../src/store/sqlite/connection.ts";
import { databases } from "./databases.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

/** How many events of a stretch a page looks at in these tests. */
const SCAN = 15;
const START = Date.UTC(2026, 0, 1);
const SECOND = 1_000;

const actions = [
  "account.create",
  "account.delete",
  "account.totp_lock",
  "accounts.x",
  "login",
  "login.denied",
];
const subjects = ["account:a", "user:b", null];
const targets = ["account:a", "receiver:1", null];

/** Park and Miller's generator: the same events in every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

describe.each(databases)("pages of the audit log on %s", (kind) => {
  const ORGANISATION = 77;
  let rooms: Rooms;
  let reader: AuditReader;
  let everything: ShownEvent[];

  beforeAll(async () => {
    rooms = await makeRooms(kind);
    const clock = new ManualClock(START);
    const audit = new AuditLog({ store: rooms.store, clock });
    const random = seeded(42);
    const pick = <T>(of: readonly T[]): T => of[random(of.length)] as T;
    for (let i = 0; i < 200; i++) {
      const author: Author = {
        organisationId: i % 10 === 0 ? ORGANISATION + 1 : ORGANISATION,
        ...{ subject: pick(subjects), actor: null, client: null, origin: { address: null, requestId: null } },
      };
      const target = pick(targets);
      await rooms.store.write(async (tx) =>
        audit.record(tx, author, {
          action: pick(actions),
          outcome: random(4) === 0 ? "denied" : "success",
          ...(target !== null && { target }),
        }),
      );
      // Several in one millisecond, and a clock that is set back now and then, as another node's may be.
      clock.advance(pick([0, 0, SECOND, 5 * SECOND, -4 * SECOND]));
    }
    reader = new AuditReader({ store: rooms.store, scan: SCAN });
    everything = await all({}, 1_000);
    expect(everything).toHaveLength(180);
  });
  afterAll(() => rooms.close());

  const all = async (filter: AuditFilter, limit: number): Promise<ShownEvent[]> => {
    const next = reader.pages(ORGANISATION, filter, limit);
    const events: ShownEvent[] = [];
    for (let page = await next(); page.length > 0; page = await next()) events.push(...page);
    return events;
  };

  const expected = (filter: AuditFilter) =>
    everything.filter(
      (event) =>
        (filter.subject === undefined || event.subject === filter.subject) &&
        (filter.target === undefined || event.target === filter.target) &&
        (filter.outcome === undefined || event.outcome === filter.outcome) &&
        (filter.since === undefined || Date.parse(event.at) >= filter.since) &&
        (filter.until === undefined || Date.parse(event.at) < filter.until) &&
        (filter.action === undefined ||
          (filter.action.endsWith(".*")
            ? event.action.startsWith(filter.action.slice(0, -1))
            : event.action === filter.action)),
    );

  test("are newest first, and in the order of the chain where the time is the same", () => {
    const order = everything.map(({ at, sequence }) => [at, sequence] as const);
    const sorted = order.toSorted(([a, m], [b, n]) => (a === b ? n - m : a < b ? 1 : -1));
    expect(order).toEqual(sorted);
    expect(everything.map(({ sequence }) => sequence).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 180 }, (_, i) => i + 1),
    );
  });

  test("have what every combination of filters leaves, however long they are, and end", async () => {
    const middle = Date.parse(everything[90]?.at ?? "");
    const choices = {
      subject: [undefined, "account:a", "user:nobody"],
      target: [undefined, "receiver:1"],
      outcome: [undefined, "denied", "success"],
      action: [undefined, "login", "account.*", "login.*", "nothing.*"],
      since: [undefined, middle - 20 * SECOND],
      until: [undefined, middle + 20 * SECOND],
    } as const;
    let count = 0;
    for (const subject of choices.subject)
      for (const target of choices.target)
        for (const outcome of choices.outcome)
          for (const action of choices.action)
            for (const since of choices.since)
              for (const until of choices.until) {
                const filter = { subject, target, outcome, action, since, until };
                const limit = [4, 9, 500][count++ % 3] ?? 4;
                const found = await all(filter, limit);
                expect({ filter, limit, found }).toEqual({ filter, limit, found: expected(filter) });
              }
    expect(count).toBe(360);
  }, 60_000);

  test("are never longer than asked for", async () => {
    for (const action of [undefined, "login", "account.*"]) {
      const page = await reader.list(ORGANISATION, { action, limit: 5 });
      expect(page.items).toHaveLength(5);
      expect(page.next_cursor).toBeString();
    }
  });

  test("go on where they ended, whatever was added meanwhile", async () => {
    const first = await reader.list(ORGANISATION, { limit: 10 });
    await rooms.store.write(async (tx) =>
      new AuditLog({ store: rooms.store, clock: new ManualClock(START + 1e9) }).record(
        tx,
        { ...rooms.mine.by, organisationId: ORGANISATION },
        { action: "later", outcome: "success" },
      ),
    );
    const second = await reader.list(ORGANISATION, { limit: 10, cursor: first.next_cursor ?? "" });
    expect(second.items).toEqual(everything.slice(10, 20));
  });

  test("refuse a cursor of another list, a made-up one, and an action that can be none", async () => {
    const { next_cursor: cursor } = await reader.list(ORGANISATION, { limit: 1 });
    const problems = [
      reader.list(ORGANISATION, { limit: 1, action: "login", cursor: cursor ?? "" }),
      reader.list(ORGANISATION, { limit: 1, cursor: "bm8" }),
      reader.list(ORGANISATION, { limit: 1, action: "account.%" }),
      reader.list(ORGANISATION, { limit: 1, action: "*" }),
      reader.list(ORGANISATION, { limit: 1, action: "a\u0000" }),
    ];
    for (const result of await Promise.allSettled(problems)) {
      expect(result.status === "rejected" && result.reason instanceof Problem && result.reason.code).toBe(
        "invalid",
      );
    }
  });
});

test("each kind of page is one stretch of its index (SQLite)", async () => {
  const rooms = await makeRooms("sqlite");
  const { options } = rooms.database;
  if (options.kind !== "sqlite") throw new Error("not SQLite");
  const connection = new SqliteConnection(options.path, "read");
  const explain = (sql: string, params: unknown[]): string =>
    connection.raw
      .prepare<{ detail: string }, never[]>(`explain query plan ${sql}`)
      .all(...(params as never[]))
      .map(({ detail }) => detail)
      .join("\n");
  const plan = async (by: Stretch["by"], residual: Residual): Promise<string> => {
    const stretch: Stretch = {
      organisationId: 1,
      since: 5,
      before: { at: 9, sequence: 3 },
      ...(by && { by }),
    };
    const texts: string[] = [];
    for (const build of [eventPage(stretch, residual, 50, 100), scanEnd(stretch, 100)]) {
      const query = await connection.query((room) => Promise.resolve(build(room).toSQL()));
      texts.push(explain(query.sql, query.params));
    }
    return texts.join("\n");
  };
  try {
    const cases: [Stretch["by"], string][] = [
      [undefined, "audit_events_by_time"],
      [{ target: "account:a" }, "audit_events_by_target"],
      [{ subject: "account:a" }, "audit_events_by_subject"],
      [{ action: "login" }, "audit_events_by_action"],
      [{ outcome: "denied" }, "audit_events_denied"],
    ];
    const residuals: Residual[] = [{}, { action: "account.*" }, { subject: "x", outcome: "success" }];
    for (const [by, index] of cases) {
      for (const residual of residuals) {
        const text = await plan(by, residual);
        expect(text.match(/INDEX (\S+)/g)).toEqual([`INDEX ${index}`, `INDEX ${index}`]);
        expect(text).not.toMatch(/SCAN audit_events|TEMP B-TREE/);
      }
    }
    // The step from one action to the next reads the index alone.
    const { sql, params } = await connection.query((room) => {
      const built = nextAction.build(room) as unknown as { toSQL(): { sql: string; params: unknown[] } };
      return Promise.resolve(built.toSQL());
    });
    // (The plan is the same whatever the values.)
    expect(
      explain(
        sql,
        params.map(() => 1),
      ),
    ).toMatch(/SEARCH audit_events USING COVERING INDEX audit_events_by_action/);
  } finally {
    connection.close();
    await rooms.close();
  }
});
