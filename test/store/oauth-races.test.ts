/**
 * Writes that meet halfway, as those of two servers on PostgreSQL can: one is held open by the test until the other
 * waits for it. (SQLite has one writer, so there is nothing to meet.)
 */
import { SQL } from "bun";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import { postgresUrl } from "./databases.ts";
import { type Answer, EXCHANGE, TokenHouse, USERNAME, ACCESS_TOKEN } from "./token-house.ts";

describe.skipIf(!postgresUrl)("two servers", () => {
  let house: TokenHouse;
  let sql: SQL;

  beforeAll(async () => {
    house = await TokenHouse.open("postgres");
    const { options } = house.database;
    if (options.kind !== "postgres") throw new Error("not on PostgreSQL");
    sql = new SQL(options.url, { max: 3 });
  });
  afterAll(async () => {
    await sql?.close();
    await house?.close();
  });
  beforeEach(() => house.renew());

  const told = ({ status, body }: Answer) => `${status} ${String(body["error"])}`;
  const waits = async () => {
    const [row] = await sql`select count(*)::int as n from pg_locks where not granted`;
    return row.n > 0;
  };
  /** Has `theirs` written and not committed while `ours` runs into it. */
  async function meet<R>(theirs: (tx: SQL) => Promise<unknown>, ours: () => Promise<R>): Promise<R> {
    let running: Promise<R> | undefined;
    await sql.begin(async (tx) => {
      await theirs(tx);
      running = ours();
      while (!(await waits())) await Bun.sleep(1);
    });
    if (!running) throw new Error("nothing ran");
    return await running;
  }

  test("a family that ends while one makes its next token ends with that one, too", async () => {
    const machine = await house.account({ token: { refresh: true } });
    const refresh = (refresh_token: unknown) =>
      house.token(machine, { grant_type: "refresh_token", refresh_token: String(refresh_token) });
    const first = await house.login(machine);
    await refresh(first["refresh_token"]);
    const [{ family }] =
      await sql`select family_id as family from refresh_tokens where account_id = ${machine.id}`;
    const reused = await meet(
      async (tx) => {
        await tx`update refresh_tokens set used_at = 1 where family_id = ${family} and used_at is null`;
        await tx`insert into refresh_tokens
          (hash, family_id, organisation_id, account_id, scope, created_at, expires_at)
          select 'next', family_id, organisation_id, account_id, scope, created_at, expires_at
          from refresh_tokens where family_id = ${family} limit 1`;
      },
      () => refresh(first["refresh_token"]),
    );
    expect(told(reused)).toBe("400 invalid_grant");
    expect(await sql`select hash from refresh_tokens where family_id = ${family}`).toHaveLength(0);
  });

  test("a token that is revoked while one exchanges it is exchanged for nothing", async () => {
    const grants = [
      { resource: "trainings", actions: ["read"] },
      { resource: "impersonate", actions: ["run"] },
    ];
    const [agent, other] = [await house.account({ grants }), await house.account({ grants })];
    await house.user("anna");
    for (const machine of [agent, other]) await house.policy(machine, { users: ["anna"] });
    const { body } = await house.token(agent, {
      ...{ grant_type: EXCHANGE, subject_token: "anna", subject_token_type: USERNAME },
    });
    const exchanged = await meet(
      (tx) => tx`delete from access_tokens where account_id = ${agent.id}`,
      () =>
        house.token(other, {
          grant_type: EXCHANGE,
          subject_token: String(body["access_token"]),
          subject_token_type: ACCESS_TOKEN,
        }),
    );
    expect(told(exchanged)).toBe("400 invalid_request");
  });
});
