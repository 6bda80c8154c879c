/** Receivers as a management resource: what is shown, removed, changed, and whose they are. */
import { afterAll, beforeAll, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { changesOf, createReceiver, put, TestReceiver, verify } from "./receiver.ts";
import { expectProblem, type Page, type ReceiverOut } from "./wire.ts";

let koppla: Koppla;
let sink: TestReceiver;

beforeAll(async () => {
  koppla = await startKoppla();
  sink = new TestReceiver();
});
afterAll(async () => {
  await koppla.dispose();
  await sink.stop();
});

/** A receiver of its own path at the sink. */
const receiver = (partner: Partner, path: string, more: Record<string, unknown> = {}) =>
  createReceiver(partner, sink.url(path), more);

test("shows a receiver without its secrets and lists it", async () => {
  const partner = await koppla.partner("manage");
  const made = await receiver(partner, "/manage", {
    auth: { protocol: "websub", secret: "very-secret-indeed", method: "sha256" },
  });
  expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/);
  const shown = await (await partner.get(`/api/v1/receivers/${made.id}`)).text();
  const listed = await (await partner.get("/api/v1/receivers")).text();
  for (const text of [shown, listed]) {
    expect(text).toContain(made.id);
    expect(text).not.toContain("very-secret-indeed");
    expect(text).not.toContain(made.secret.slice("whsec_".length));
  }
});

test("a removed receiver is 404, gets nothing more, and stays in the list of deleted ones", async () => {
  const partner = await koppla.partner("removed");
  const made = await receiver(partner, "/removed");
  await receiver(partner, "/removed-witness");
  expect((await partner.delete(`/api/v1/receivers/${made.id}`)).status).toBe(204);
  await expectProblem(await partner.patch(`/api/v1/receivers/${made.id}`, { name: "x" }), 404);
  const now = await partner.read<Page<ReceiverOut>>("/api/v1/receivers");
  expect(now.items.map(({ name }) => name)).toEqual(["/removed-witness"]);
  const all = await partner.read<Page<ReceiverOut>>("/api/v1/receivers?include=deleted");
  const kept = all.items.find(({ id }) => id === made.id);
  expect(kept?.deleted_at).toBeString();
  await put(partner, "trainings/1", { name: "x" });
  await sink.nth(1, "/removed-witness");
  expect(sink.requests.some((request) => request.path === "/removed")).toBeFalse();
});

test("a changed URL and topics hold for what is sent from then on", async () => {
  const partner = await koppla.partner("moved");
  const made = await receiver(partner, "/moved-from");
  await put(partner, "trainings/1", { name: "x" });
  await sink.nth(1, "/moved-from");
  const changed = await partner.patch(`/api/v1/receivers/${made.id}`, {
    url: sink.url("/moved-to"),
    topics: ["Institutes.*"],
  });
  expect(changed.status).toBe(200);
  await put(partner, "trainings/2", { name: "not a topic any more" });
  await put(partner, "institutes/3", { name: "y" });
  const moved = await sink.nth(1, "/moved-to");
  expect(changesOf(moved).map(({ id }) => id)).toEqual([3]);
  verify(made.secret, moved);
});

test("another organisation's receiver is 404 for every verb", async () => {
  const [one, two] = [await koppla.partner("mine"), await koppla.partner("theirs")];
  const { id } = await receiver(one, "/mine");
  const path = `/api/v1/receivers/${id}`;
  await expectProblem(await two.get(path), 404);
  await expectProblem(await two.patch(path, { name: "stolen" }), 404);
  await expectProblem(await two.delete(path), 404);
  for (const verb of ["test", "enable", "disable", "rotate-secret"]) {
    const response = await two.post(`${path}/${verb}`, {});
    expect({ verb, status: response.status }).toEqual({ verb, status: 404 });
  }
  expect((await two.read<Page<ReceiverOut>>("/api/v1/receivers?include=deleted")).items).toEqual([]);
  expect((await one.read<ReceiverOut>(path)).name).toBe("/mine");
});

test("a receiver for another organisation's account is refused", async () => {
  const [one, two] = [await koppla.partner("acc-one"), await koppla.partner("acc-two")];
  const response = await one.post("/api/v1/receivers", {
    name: "x",
    url: sink.url("/x"),
    topics: ["*"],
    account_id: two.clientId,
  });
  const problem = await expectProblem(response, 422);
  expect(problem.violations?.[0]?.field).toBe("account_id");
});
