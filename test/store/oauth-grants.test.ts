/** What is good once, on each database: refresh tokens and the authorize page's codes. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";

import { shellEditor } from "../../src/accounts/editor.ts";
import { databases } from "./databases.ts";
import { type Answer, type Fields, type Machine, TokenHouse } from "./token-house.ts";

const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const challenge = createHash("sha256").update(VERIFIER).digest("base64url");
const REDIRECT = "https://client.example/cb";

describe.each([...databases])("grants on %s", (kind) => {
  let house: TokenHouse;

  beforeAll(async () => {
    house = await TokenHouse.open(kind);
  });
  afterAll(() => house.close());
  beforeEach(() => house.renew());

  const told = ({ status, body }: Answer) => `${status} ${String(body["error"])}`;
  const by = () => shellEditor(house.organisation.id);

  describe("a refresh token", () => {
    const refresh = (machine: Machine, refresh_token: unknown, more: Fields = {}) =>
      house.token(machine, { grant_type: "refresh_token", refresh_token: String(refresh_token), ...more });

    test("is given to accounts with codes, and to those set so, by client credentials", async () => {
      const plain = await house.account();
      expect(await house.login(plain)).not.toHaveProperty("refresh_token");
      const set = await house.account({ token: { refresh: true } });
      expect(await house.login(set)).toHaveProperty("refresh_token");
    });

    test("is exchanged for the next pair, without another code", async () => {
      const machine = await house.account({ totp: true });
      const first = await house.login(machine, { totp: house.totp(machine) });
      const second = await refresh(machine, first["refresh_token"]);
      expect(second.status).toBe(200);
      expect(second.body["refresh_token"]).not.toBe(first["refresh_token"]);
      expect((await house.me(second.body["access_token"])).status).toBe(200);
      expect((await refresh(machine, second.body["refresh_token"])).status).toBe(200);
    });

    test("used again ends all that came of it, once, and the audit log knows", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const first = await house.login(machine);
      const second = (await refresh(machine, first["refresh_token"])).body;
      expect((await house.me(second["access_token"])).status).toBe(200);
      const again = await refresh(machine, first["refresh_token"]);
      expect(told(again)).toBe("400 invalid_grant");
      for (const token of [first["access_token"], second["access_token"]])
        expect((await house.me(token)).status).toBe(401);
      expect(told(await refresh(machine, second["refresh_token"]))).toBe("400 invalid_grant");
      expect(await house.events("token.reuse")).toMatchObject([{ detail: { what: "refresh token" } }]);
    });

    test("by eight at once is good for one at most", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const { refresh_token } = await house.login(machine);
      const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(machine, refresh_token)));
      const winners = answers.filter(({ status }) => status === 200);
      expect(winners.length).toBeLessThanOrEqual(1);
      // The losers are whoever found it, or lost it: nobody goes on with it.
      for (const { body } of winners) {
        expect((await house.me(body["access_token"])).status).toBe(401);
        expect(told(await refresh(machine, body["refresh_token"]))).toBe("400 invalid_grant");
      }
    });

    test("of another client is no good, and goes on to be good for its own", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const thief = await house.account({ token: { refresh: true } });
      const { refresh_token } = await house.login(machine);
      expect(told(await refresh(thief, refresh_token))).toBe("400 invalid_grant");
      expect((await refresh(machine, refresh_token)).status).toBe(200);
    });

    test("may be used for less, never for more, and the next one is for as much as this one", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const first = await house.login(machine, { scope: "trainings:read trainings:write" });
      const less = await refresh(machine, first["refresh_token"], { scope: "trainings:read" });
      expect(less.body).toMatchObject({ scope: "trainings:read" });
      const more = await refresh(machine, less.body["refresh_token"], { scope: "trainings:delete" });
      expect(told(more)).toBe("400 invalid_scope");
      const all = await refresh(machine, less.body["refresh_token"]);
      expect(all.body).toMatchObject({ scope: "trainings:read trainings:write" });
    });

    test("of a narrow login never reaches what the account has beside", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const { refresh_token } = await house.login(machine, { scope: "trainings:read" });
      expect(told(await refresh(machine, refresh_token, { scope: "trainings:write" }))).toBe(
        "400 invalid_scope",
      );
      expect((await refresh(machine, refresh_token)).body).toMatchObject({ scope: "trainings:read" });
    });

    test("ends with its time, which begins anew with each", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const first = await house.login(machine);
      house.clock.advance(29 * 86_400_000);
      const second = await refresh(machine, first["refresh_token"]);
      house.clock.advance(29 * 86_400_000);
      const third = await refresh(machine, second.body["refresh_token"]);
      expect(third.status).toBe(200);
      house.clock.advance(30 * 86_400_000);
      expect(told(await refresh(machine, third.body["refresh_token"]))).toBe("400 invalid_grant");
    });

    test("is worthless when the account has none any more", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const { refresh_token } = await house.login(machine);
      await house.services.accounts.patch(by(), machine.clientId, { token: { refresh: false } });
      expect(told(await refresh(machine, refresh_token))).toBe("400 invalid_grant");
    });
  });

  describe("a code of the authorize page", () => {
    const spend = (machine: Machine, code: string, more: Fields = {}) =>
      house.token(machine, {
        ...{ grant_type: "authorization_code", code, redirect_uri: REDIRECT, code_verifier: VERIFIER },
        ...more,
      });
    const made = async (more: Record<string, unknown> = {}) => {
      const machine = await house.account({ redirect_uris: [REDIRECT] });
      const anna = await house.user("anna");
      return { machine, anna, code: await house.code(machine, anna, { challenge, ...more }) };
    };

    test("is exchanged for tokens that speak for the person", async () => {
      const { machine, code } = await made();
      const answer = await spend(machine, code);
      expect(answer.body).toMatchObject({ scope: "trainings:read", refresh_token: expect.any(String) });
      const { body } = await house.me(answer.body["access_token"]);
      expect(body).toMatchObject({
        subject: { kind: "user", username: "anna" },
        grants: [{ resource: "trainings", actions: ["read"] }],
      });
      expect(body).not.toHaveProperty("actor");
    });

    test("used again is refused, and the tokens that came of it end", async () => {
      const { machine, code } = await made();
      const { body } = await spend(machine, code);
      expect(told(await spend(machine, code))).toBe("400 invalid_grant");
      expect((await house.me(body["access_token"])).status).toBe(401);
      const refresh = { grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) };
      expect(told(await house.token(machine, refresh))).toBe("400 invalid_grant");
      expect(await house.events("token.reuse")).toMatchObject([{ detail: { what: "code" } }]);
    });

    test("by eight at once is good for one at most", async () => {
      const { machine, code } = await made();
      const answers = await Promise.all(Array.from({ length: 8 }, () => spend(machine, code)));
      expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    });

    test("is good for its client, redirect URI and verifier only, and a wrong try does not spoil it", async () => {
      const { machine, code } = await made();
      const thief = await house.account({ redirect_uris: [REDIRECT] });
      const wrong = [
        await spend(thief, code),
        await spend(machine, code, { redirect_uri: `${REDIRECT}/` }),
        await spend(machine, code, { code_verifier: undefined }),
        await spend(machine, code, { code_verifier: challenge }),
        await spend(machine, code, { code_verifier: `${VERIFIER}a` }),
      ];
      for (const { status, text } of wrong)
        expect({ status, text }).toEqual({ status: 400, text: wrong[0]?.text ?? "" });
      expect(wrong[0]?.body["error"]).toBe("invalid_grant");
      expect((await spend(machine, code)).status).toBe(200);
    });

    test("has its time", async () => {
      const { machine, code } = await made();
      house.clock.advance(60_000);
      expect(told(await spend(machine, code))).toBe("400 invalid_grant");
    });

    test("gives what person and account both have when it is used, however much was agreed to", async () => {
      const { machine, anna, code } = await made({ scope: "trainings:read trainings:write" });
      await house.services.users.patch(by(), anna.id, { roles: ["reader"] });
      expect((await spend(machine, code)).body).toMatchObject({ scope: "trainings:read" });
    });

    test("of a person who was disabled meanwhile is no good", async () => {
      const { machine, anna, code } = await made();
      await house.services.users.disable(by(), anna.id);
      expect(told(await spend(machine, code))).toBe("400 invalid_grant");
    });
  });
});
