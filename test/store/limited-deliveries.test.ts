/** What receivers are sent whose account's grants are limited to some records or fields. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import type { Grant } from "../../src/grants/grant.ts";
import { databases } from "./databases.ts";
import { broken, House, ok, Tenant } from "./nodes.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;
const LONG_MS = 60_000;

const ours: Grant = { resource: "trainings", actions: ["read"], where: { institute_id: [1] } };

describe.each(databases)("deliveries under limited grants on %s", (kind) => {
  let house: House;
  /** Writes everything. */
  let owner: Tenant;
  let account: { id: string; setGrants(grants: Grant[]): Promise<void> };

  beforeEach(async () => {
    house = await House.make(kind);
  });
  afterEach(() => house.close());

  const start = async (receiver: Record<string, unknown> = {}, grants: Grant[] = [ours]): Promise<void> => {
    await house.open("node", async (services) => {
      owner = await Tenant.make(services);
      const { id } = await services.accounts.create({
        ...{ organisationId: owner.principal.organisation.id, name: "Partner", grants: [] },
      });
      const { principal } = owner;
      const limited = owner.as({
        ...principal,
        subject: { kind: "account", id, clientId: "c", name: "Partner" },
      });
      account = { id, setGrants: (next) => limited.setGrants(next) };
      await account.setGrants(grants);
      await owner.receiver({ account_id: id, bundle: { quiet: "1s", longest: "1s" }, ...receiver });
    });
  };
  const pass = (ms: number) => house.pass(ms);
  const put = (id: number, institute: number, more: Record<string, unknown> = {}) =>
    owner.put(id, { name: `n${id}`, institute_id: institute, ...more });

  /** `update 1, destroy 2` for each delivery that was sent. */
  const sent = () =>
    house.sent.map(({ body }) => {
      const { changes } = JSON.parse(body) as { changes: { action: string; id: number; url?: string }[] };
      for (const { action, url } of changes) expect(url !== undefined).toBe(action !== "destroy");
      return changes.map(({ action, id }) => `${action} ${id}`).join(", ");
    });

  test("are of records in view; one that leaves it is removed, one that comes back is there again", async () => {
    await start();
    await put(1, 1);
    await put(2, 2);
    await pass(SECOND);
    await put(1, 2);
    await put(2, 1);
    await pass(SECOND);
    await put(1, 2, { city: "Umeå" });
    await pass(SECOND);
    await put(1, 1);
    await pass(SECOND);
    expect(sent()).toEqual(["update 1", "destroy 1, update 2", "update 1"]);
  });

  test("tell of a removal those who could see what was removed", async () => {
    await start();
    await put(1, 1);
    await put(2, 2);
    await pass(SECOND);
    await owner.remove(1);
    await owner.remove(2);
    await pass(SECOND);
    expect(sent()).toEqual(["update 1", "destroy 1"]);
  });

  test("tell at once of what leaves the view, though the receiver asked for removals alone", async () => {
    await start({ topics: ["Trainings.Destroy"] });
    await put(1, 1);
    await pass(SECOND);
    await put(1, 2);
    await pass(SECOND);
    expect(sent()).toEqual(["destroy 1"]);
  });

  test(
    "come soon after thousands of changes that are not for the receiver",
    async () => {
      await start();
      const list = Array.from({ length: 9_000 }, (_, i) => ({
        id: i + 2,
        institute_id: i === 8_990 ? 1 : 2,
      }));
      await owner.push(list);
      await pass(SECOND);
      expect(sent()).toEqual(["update 8992"]);
    },
    LONG_MS,
  );

  test("with the whole record show the fields that may be seen", async () => {
    const some: Grant = { ...ours, fields: ["name"] };
    await start({ format: "event", payload: "full" }, [
      some,
      { ...some, where: { institute_id: [2] }, fields: ["city"] },
    ]);
    await put(1, 1, { city: "Umeå", price: 7 });
    await put(2, 2, { city: "Lund" });
    await pass(SECOND);
    const data = house.sent.map(({ body }) => (JSON.parse(body) as { data: unknown }).data);
    expect(data).toEqual([
      { id: 1, name: "n1" },
      { id: 2, city: "Lund" },
    ]);
    expect(house.sent.map(({ body }) => body).join()).not.toContain("price");
  });

  describe("when the grants change while something waits", () => {
    test("to be bundled, those of then decide", async () => {
      await start();
      await put(1, 1);
      await put(2, 2);
      await account.setGrants([{ ...ours, where: { institute_id: [2] } }]);
      await pass(SECOND);
      expect(sent()).toEqual(["update 2"]);
    });

    test("to be sent again, what may not be read any more is not sent", async () => {
      house.answer = broken;
      await start();
      await put(1, 1);
      await pass(SECOND);
      expect(sent()).toEqual(["update 1"]);
      await account.setGrants([{ ...ours, where: { institute_id: [2] } }]);
      house.answer = ok;
      await pass(HOUR);
      expect(sent()).toEqual(["update 1"]);
      expect(await owner.log()).toMatchObject([
        { status: "cancelled", attempts: [{ number: 1 }, { error: "rights" }] },
      ]);
    });

    test("to be sent again, it goes without a field that may not be seen any more, as another delivery", async () => {
      house.answer = broken;
      await start({ format: "event", payload: "full" });
      await put(1, 1, { price: 7 });
      await pass(SECOND);
      await account.setGrants([{ ...ours, fields: ["name", "institute_id"] }]);
      await pass(HOUR);
      const [first, second] = house.sent.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
      expect(first?.["data"]).toEqual({ id: 1, name: "n1", institute_id: 1, price: 7 });
      expect(second).toEqual({
        ...first,
        id: house.sent[1]?.id,
        data: { id: 1, name: "n1", institute_id: 1 },
      });
      expect(house.sent[1]?.id).not.toBe(String(house.sent[0]?.id));
      expect(await owner.log()).toMatchObject([
        { status: "cancelled", error: "rights" },
        // What was left of the schedule: the second of its four waits.
        { status: "retrying", next_attempt_at: new Date(house.clock.now() + 2 * HOUR).toISOString() },
      ]);
    });

    test("to be sent again in a bundle, it goes without the objects that may not be read any more", async () => {
      house.answer = broken;
      await start({}, [{ ...ours, where: { institute_id: [1, 2] } }]);
      await put(1, 1);
      await put(2, 2);
      await pass(SECOND);
      await account.setGrants([{ ...ours, where: { institute_id: [2] } }]);
      house.answer = ok;
      await pass(HOUR);
      expect(sent()).toEqual(["update 1, update 2", "update 2"]);
    });
  });

  test("that wait to be sent again tell of what has left the view meanwhile as removed, as another delivery", async () => {
    house.answer = broken;
    await start({ bundle: { quiet: "2h", longest: "2h" } });
    await put(1, 1);
    await put(2, 1);
    await put(3, 1);
    await pass(2 * HOUR);
    await put(1, 2);
    await owner.remove(3);
    house.answer = ok;
    await pass(HOUR);
    expect(sent()).toEqual(["update 1, update 2, update 3", "destroy 1, update 2, destroy 3"]);
    const [first, second] = house.sent.map(({ id }) => String(id));
    expect(second).not.toBe(String(first));
    expect(second?.slice(0, 24)).toBe(String(first?.slice(0, 24)));
    expect(await owner.log()).toMatchObject([
      { id: first, status: "cancelled", error: "rights" },
      { id: second, status: "delivered", topics: ["Trainings.Destroy", "Trainings.Update"] },
    ]);
  });

  test("that wait to be sent again are superseded by the removal of what they tell", async () => {
    house.answer = broken;
    await start();
    await put(1, 1);
    await put(2, 1);
    await pass(SECOND);
    await put(1, 2);
    house.answer = ok;
    await pass(SECOND);
    await pass(HOUR);
    expect(sent()).toEqual(["update 1, update 2", "destroy 1", "update 2"]);
  });
});
