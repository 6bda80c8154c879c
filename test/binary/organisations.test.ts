/** Organisations and roles, for those who look after the whole server and for the others. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { ConsoleBrowser, superadministrator } from "./console.ts";
import { Contract } from "./contract.ts";
import { type Koppla, startKoppla } from "./harness.ts";
import { makeUser } from "./person.ts";

let koppla: Koppla;
let root: ConsoleBrowser;
let anna: ConsoleBrowser;
let contract: Contract;

beforeAll(async () => {
  koppla = await startKoppla();
  contract = new Contract(JSON.parse(await (await fetch(`${koppla.url}/openapi.json`)).text()));
  root = await superadministrator(koppla);
  await makeUser(koppla, "demo", "anna", "--role", "administrator");
  anna = new ConsoleBrowser(koppla);
  await anna.enter("demo", "anna");
});
afterAll(() => koppla.dispose());

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

const path = "/api/v1/organisations";
const codes = async (browser: ConsoleBrowser, query = "") =>
  (await browser.json<Page<{ code: string }>>("GET", path + query)).items.map(({ code }) => code);

describe("an organisation", () => {
  test("is made by who looks after the whole server, tried out first, and recorded as his in its own log", async () => {
    const body = { code: "north", name: "North", language: "sv", sites: ["https://north.example"] };
    const dry = await root.call("POST", path, body, { "dry-run": "true" });
    expect([dry.status, dry.headers.get("dry-run")]).toEqual([201, "true"]);
    expect(await codes(root)).not.toContain("north");
    const made = await root.call("POST", path, body);
    expect(await contract.faults(contract.operation("createOrganisation"), made)).toEqual([]);
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toEndWith("/api/v1/organisations/north");
    expect(await codes(root)).toContain("north");
    const again = await root.call("POST", path, body);
    expect(again.status).toBe(409);
    const log = await root.call("GET", "/api/v1/audit", undefined, { "koppla-organisation": "north" });
    const { items } = (await log.json()) as Page<{ action: string; subject: string; detail: object }>;
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      action: "organisation.create",
      subject: "user:root",
      detail: { home_organisation: "hq" },
    });
  });

  test("is one of all, page by page, to who looks after the whole server; to others there is their own", async () => {
    const all = await codes(root);
    expect(all).toEqual(expect.arrayContaining(["demo", "hq"]));
    const found: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page<{ code: string }> = await root.json("GET", `${path}?limit=1${query}`);
      expect(page.items.length).toBe(1);
      found.push(...page.items.map(({ code }) => code));
      cursor = page.next_cursor;
    }
    expect(found).toEqual(all);
    expect(await codes(anna)).toEqual(["demo"]);
    // An account with every grant is one of its own organisation all the same.
    const { items } = await koppla.demo.read<Page<{ code: string }>>(path);
    expect(items.map(({ code }) => code)).toEqual(["demo"]);
  });

  test("is made by nobody else", async () => {
    const body = { code: "mine", name: "Mine" };
    expect((await anna.call("POST", path, body)).status).toBe(403);
    expect((await koppla.demo.api(path, { method: "POST", json: body })).status).toBe(403);
    expect((await root.call("POST", path, { code: "No Code", name: "" })).status).toBe(422);
    expect(await codes(root)).not.toContain("mine");
  });
});

test("the roles that there are say what each may do, and which the caller may give", async () => {
  const roles = async (browser: ConsoleBrowser) => {
    const answer = await browser.call("GET", "/api/v1/roles");
    const text = await answer.text();
    const { status, headers } = answer;
    const copy = new Response(text, { status, headers });
    expect(await contract.faults(contract.operation("listRoles"), copy)).toEqual([]);
    type Role = { name: string; built_in: boolean; may_give: boolean };
    const { items } = JSON.parse(text) as Page<Role>;
    return items.map(({ name, built_in, may_give }) => [name, built_in, may_give]);
  };
  expect(await roles(root)).toEqual([
    ["superadministrator", true, true],
    ["administrator", true, true],
    ["operator", true, true],
    ["reader", true, true],
  ]);
  expect(await roles(anna)).toEqual([
    ["superadministrator", true, false],
    ["administrator", true, true],
    ["operator", true, true],
    ["reader", true, true],
  ]);
});
