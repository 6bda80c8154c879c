/** What receivers are sent that want some records only, and what is sent of the server's own objects. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { shell } from "../../src/audit/entry.ts";
import { databases } from "./databases.ts";
import { broken, House, ok, Tenant } from "./nodes.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;

describe.each(databases)("deliveries on %s", (kind) => {
  let house: House;
  let tenant: Tenant;
  let receiverId: string;

  beforeEach(async () => {
    house = await House.make(kind);
  });
  afterEach(() => house.close());

  const start = (receiver: Record<string, unknown>) =>
    house.open("node", async (services) => {
      tenant = await Tenant.make(services);
      receiverId = await tenant.receiver({ bundle: { quiet: "1s", longest: "1s" }, ...receiver });
    });
  const pass = (ms = SECOND) => house.pass(ms);
  const patch = (body: Record<string, unknown>) =>
    tenant.services.receivers.patch(shell(tenant.principal.organisation.id), receiverId, body);

  /** `update 1, destroy 2` for each delivery that was sent. */
  const sent = () =>
    house.sent.map(({ body }) => {
      const { changes } = JSON.parse(body) as { changes: { action: string; id: number | string }[] };
      return changes.map(({ action, id }) => `${action} ${id}`).join(", ");
    });

  describe("through a content filter", () => {
    test("are of records that match; one that does not any more is removed, and comes back", async () => {
      await start({ topics: ["*"], content_filter: { institute_id: [1] } });
      await tenant.put(1, { institute_id: 1 });
      await tenant.put(2, { institute_id: 2 });
      await tenant.put(9, { name: "of a type without the field" }, "institutes");
      await pass();
      await tenant.put(1, { institute_id: 2 });
      await pass();
      await tenant.put(1, { institute_id: 2, city: "Umeå" });
      await pass();
      await tenant.put(1, { institute_id: 1 });
      await tenant.remove(2);
      await pass();
      await tenant.remove(1);
      await pass();
      expect(sent()).toEqual(["update 1", "destroy 1", "update 1", "destroy 1"]);
    });

    test("are by the filter that holds when the bundle closes", async () => {
      await start({ content_filter: { institute_id: [1] } });
      await tenant.put(1, { institute_id: 1 });
      await tenant.put(2, { institute_id: 2 });
      await patch({ content_filter: { institute_id: [2] } });
      await pass();
      await patch({ content_filter: null });
      await tenant.put(1, { institute_id: 3 });
      await pass();
      expect(sent()).toEqual(["update 2", "update 1"]);
    });

    test("never show more than the account may read", async () => {
      await start({ content_filter: { institute_id: [1, 2] } });
      await tenant.setGrants([
        { resource: "trainings", actions: ["read", "write"], where: { institute_id: [1] } },
      ]);
      await tenant.put(1, { institute_id: 1 });
      await tenant.put(2, { institute_id: 2 });
      await pass();
      expect(sent()).toEqual(["update 1"]);
    });

    test("are full where they match", async () => {
      await start({ format: "cloudevents", payload: "full", content_filter: { institute_id: [1] } });
      await tenant.put(1, { institute_id: 1, price: 7 });
      await tenant.put(2, { institute_id: 2 });
      await pass();
      const [only, ...more] = house.sent.map(({ body }) => JSON.parse(body) as { data: unknown });
      expect(more).toEqual([]);
      expect(only?.data).toMatchObject({ object_id: 1, data: { id: 1, institute_id: 1, price: 7 } });
    });
  });

  describe("of the server's own objects", () => {
    const makeAccount = () =>
      tenant.services.accounts.create({
        ...{ organisationId: tenant.principal.organisation.id, name: "New", grants: [] },
      });

    test("go to who asks for them by name, and are not among all data", async () => {
      await start({ topics: ["Accounts.Update"] });
      await tenant.receiver({ url: "https://p.example/all", topics: ["*"], bundle: { quiet: "1s" } });
      const { id } = await makeAccount();
      await tenant.put(1, {});
      await pass();
      await tenant.services.accounts.remove(
        { author: shell(tenant.principal.organisation.id), mayHandOut: () => {} },
        id,
      );
      await pass();
      const to = (path: string) => house.sent.filter((one) => one.path === path);
      expect(to("/all").map(({ body }) => JSON.parse(body).changes.length)).toEqual([1]);
      const own = house.sent.filter((one) => one.path !== "/all").map(({ body }) => JSON.parse(body).changes);
      expect(own).toEqual([
        [
          {
            ...{ action: "update", object: "account", id },
            url: `https://koppla.example/api/v1/accounts/${id}`,
          },
        ],
        [{ action: "destroy", object: "account", id }],
      ]);
    });

    test("are not sent to who may not read them, nor sent again to who may not any more", async () => {
      house.answer = broken;
      await start({ topics: ["Accounts.Update", "Receivers.Disable"], retry: { steps: ["1h"] } });
      await tenant.setGrants([{ resource: "accounts", actions: ["manage"] }]);
      await tenant.receiver({ url: "https://p.example/other", enabled: true });
      await makeAccount();
      await pass();
      expect(house.sent).toHaveLength(1);
      await tenant.setGrants([{ resource: "trainings", actions: ["read"] }]);
      house.answer = ok;
      await pass(HOUR);
      expect(house.sent).toHaveLength(1);
      expect(await tenant.log()).toMatchObject([{ status: "cancelled" }]);
    });

    test("tell of a receiver that the server switched off, also through a content filter", async () => {
      await start({ topics: ["*", "Receivers.Disable"], content_filter: { institute_id: [1] } });
      const other = await tenant.receiver({ url: "https://p.example/other" });
      await tenant.services.receivers.disableByServer(other, "It has failed for five days.");
      await pass();
      expect(sent()).toEqual([`disable ${other}`]);
    });
  });

  test("that somebody dropped while the receiver was off are not sent afterwards", async () => {
    await start({ while_disabled: "drop" });
    await patch({ enabled: false });
    await tenant.put(1, {});
    await pass();
    await patch({ enabled: true });
    await tenant.put(2, {});
    await pass();
    expect(sent()).toEqual(["update 2"]);
  });
});
