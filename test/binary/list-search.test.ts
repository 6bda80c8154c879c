/** `?search=` of the lists of management, as partners and the console ask for it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { createReceiver } from "./receiver.ts";
import { expectProblem, type Page } from "./wire.ts";

let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  koppla = await startKoppla();
  partner = koppla.demo;
  for (const [name, path] of [
    ["Kurser i Göteborg", "/hooks"],
    ["Kurser i Borås", "/goteborg"],
    ["Lediga platser", "/hooks"],
  ] as const)
    await createReceiver(partner, `https://partner.example${path}`, { topics: ["*"], name });
  await partner.send("POST", "/api/v1/accounts", { name: "Affärssystem", grants: [] }, 201);
  const clerk = { username: "ake", name: "Åke Öberg", email: "ake@example.org" };
  await partner.send("POST", "/api/v1/users", clerk, 201);
  await partner.send("POST", "/api/v1/users", { username: "anna", email: "anna@example.org" }, 201);
});
afterAll(() => koppla.dispose());

interface Found {
  id: string;
  name: string;
  client_id: string;
  username: string;
}

const page = (path: string, search: string, more = ""): Promise<Page<Found>> =>
  partner.read(`/api/v1/${path}?search=${encodeURIComponent(search)}${more}`);
const names = async (path: string, search: string) =>
  (await page(path, search)).items.map(({ name }) => name);

describe("a search in a list", () => {
  test("finds receivers by name and URL, whatever the case and the accents", async () => {
    expect(await names("receivers", "GOTEBORG")).toEqual(["Kurser i Göteborg", "Kurser i Borås"]);
    expect(await names("receivers", "kurser hooks")).toEqual(["Kurser i Göteborg"]);
    expect(await names("receivers", "nothing such")).toEqual([]);
  });

  test("finds accounts by name, client id and description", async () => {
    const [found] = (await page("accounts", "affarssystem")).items;
    expect(found?.name).toBe("Affärssystem");
    const { id } = await partner.send<Found>(
      "PATCH",
      `/api/v1/accounts/${found?.id}`,
      { description: "Ekonomi" },
      200,
    );
    expect((await page("accounts", "ekonomi")).items.map((one) => one.id)).toEqual([id]);
    expect((await page("accounts", found?.client_id ?? "")).items.map((one) => one.id)).toEqual([id]);
  });

  test("finds users by username, name and address", async () => {
    expect((await page("users", "oberg")).items.map(({ username }) => username)).toEqual(["ake"]);
    expect((await page("users", "example.org")).items).toHaveLength(2);
  });

  test("comes in pages, whose cursor is good for that search alone", async () => {
    const first = await page("receivers", "kurser", "&limit=1");
    expect(first.items.map(({ name }) => name)).toEqual(["Kurser i Göteborg"]);
    const cursor = `&limit=1&cursor=${first.next_cursor}`;
    const second = await page("receivers", "kurser", cursor);
    expect(second.items.map(({ name }) => name)).toEqual(["Kurser i Borås"]);
    expect(second.next_cursor).toBeNull();
    await expectProblem(await partner.get(`/api/v1/receivers?search=lediga${cursor}`), 422);
    await expectProblem(await partner.get(`/api/v1/receivers?${cursor}`), 422);
  });

  test("finds what was removed only where that is asked for", async () => {
    const { id } = await createReceiver(partner, "https://partner.example/gone", {
      topics: ["*"],
      name: "Gammal",
    });
    expect((await partner.delete(`/api/v1/receivers/${id}`)).status).toBe(204);
    expect(await names("receivers", "gammal")).toEqual([]);
    expect((await page("receivers", "gammal", "&include=deleted")).items.map((one) => one.id)).toEqual([id]);
  });

  test("stays within the organisation, and refuses what is no text to look for", async () => {
    const stranger = await koppla.partner("stranger");
    const { items } = await stranger.read<Page<Found>>("/api/v1/receivers?search=kurser");
    expect(items).toEqual([]);
    await expectProblem(await partner.get("/api/v1/users?search=%20"), 422);
    await expectProblem(await partner.get(`/api/v1/users?search=${"x".repeat(201)}`), 422);
  });
});
