/** What somebody asks who looks around at a server: which types there are, what has these words, which messages. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, run, startKoppla } from "./harness.ts";
import { EXAMPLE, PARTY, sendMessage } from "./messages.ts";
import type { Partner } from "./partner.ts";
import { put } from "./receiver.ts";
import { expectProblem, type Page, readPages, type RecordOut } from "./wire.ts";

let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  const properties = {
    name: { type: "string" },
    notes: { type: "string" },
    city: { type: "string" },
    institute_id: { type: "integer" },
  };
  koppla = await startKoppla({
    config: {
      types: {
        trainings: {
          ...{ object: "training", key: "integer", filters: ["institute_id", "city"] },
          ...{ schema: { type: "object", properties }, search: ["name", "notes"], public: ["name"] },
        },
      },
    },
  });
  partner = await koppla.partner("look");
});
afterAll(() => koppla.dispose());

describe("types", () => {
  interface TypeOut {
    name: string;
    filters: { field: string; kind: string }[];
    rights: { action: string; fields: unknown; every_record: boolean }[];
  }
  const typesOf = async (who: Partner) => (await who.read<Page<TypeOut>>("/api/v1/types")).items;

  test("are told of to who may do something with them, and what that is", async () => {
    const [all, reader, none] = [
      await typesOf(partner),
      await typesOf(await koppla.account("look", ["trainings:read"])),
      await typesOf(await koppla.account("look", ["receivers:read"])),
    ];
    expect(all.map(({ name }) => name)).toEqual(["articles", "cases", "institutes", "trainings"]);
    expect(all.at(-1)?.filters).toEqual([
      { field: "institute_id", kind: "number" },
      { field: "city", kind: "string" },
    ]);
    expect(reader.map(({ name, rights }) => [name, rights])).toEqual([
      ["trainings", [{ action: "read", fields: "all", every_record: true }]],
    ]);
    expect(none).toEqual([]);
  });

  test("cannot be named so in the YAML", async () => {
    const file = `${koppla.dir}/types.yaml`;
    await Bun.write(file, "types: { types: { object: kind } }\n");
    const { exitCode, stderr, stdout } = await run(["check", "-c", file]);
    expect([exitCode, stderr + stdout]).toEqual([78, expect.stringContaining("types.types")]);
  });
});

describe("a text search", () => {
  beforeAll(async () => {
    for (const id of [1, 2, 3, 4, 5]) {
      const notes = id % 2 === 1 ? "på kvällen" : "på dagen";
      await put(partner, `trainings/${id}`, { name: `Svetsning ${id}`, notes, city: "Umeå" });
    }
    await put(partner, "trainings/6", { name: "Keramik", notes: "på kvällen", city: "Lund" });
  });
  const search = async (query: string, limit: number) =>
    (await readPages<RecordOut>((path) => partner.read(path), `/api/v1/trainings?${query}`, limit)).flat();

  test("finds what has every word, a page at a time, together with filters and in the order that is asked for", async () => {
    const found = await search("search=SVETS+kvallen&sort=-id", 2);
    expect(found.map(({ id }) => id)).toEqual([5, 3, 1]);
    expect((await search("search=kvällen&filter[city]=Lund", 50)).map(({ id }) => id)).toEqual([6]);
    expect(await search("search=nothing", 50)).toEqual([]);
  });

  test("is refused where the type has none, for streams, and with the cursor of another text", async () => {
    const none = await expectProblem(await partner.get("/api/v1/institutes?search=x"), 422);
    expect(none.violations).toEqual([{ field: "search", message: "institutes has no text search" }]);
    const streamed = await partner.get("/api/v1/trainings?search=x", { accept: "text/csv" });
    expect((await expectProblem(streamed, 422)).violations?.[0]?.field).toBe("search");
    const first = await partner.read<Page<RecordOut>>("/api/v1/trainings?search=svets&limit=1");
    const other = `/api/v1/trainings?search=keramik&limit=1&cursor=${first.next_cursor}`;
    expect((await expectProblem(await partner.get(other), 422)).violations?.[0]?.field).toBe("cursor");
  });

  test("finds nothing by words of a field that the grants do not show", async () => {
    const grant = JSON.stringify({ resource: "trainings", actions: ["read"], fields: ["name"] });
    const limited = await koppla.account("look", [grant]);
    const found = (text: string) => limited.read<Page<RecordOut>>(`/api/v1/trainings?search=${text}`);
    expect((await found("kvallen")).items).toEqual([]);
    expect((await found("keramik")).items.map(({ _meta: _, ...data }) => data)).toEqual([
      { id: 6, name: "Keramik" },
    ]);
  });
});

describe("messages", () => {
  interface MessageOut {
    id: string;
    party_id: string;
    excerpt?: string | null;
    message?: string | null;
    attachments: { number: number; file_name: string; mime_type: string; size: number }[];
    publications?: unknown[];
  }
  const OTHER = "6a5c3d04-412d-11ec-973a-0242ac130003";
  let ids: string[] = [];

  beforeAll(async () => {
    const externalReferences = [{ key: "caseNumber", value: "a:b" }];
    ids = [
      await sendMessage(partner),
      await sendMessage(partner, { ...EXAMPLE, message: "x".repeat(500), externalReferences }),
      await sendMessage(partner, { ...EXAMPLE, partyId: OTHER }),
    ];
  });
  const listed = async (query: string) => {
    const pages = await readPages<MessageOut>((path) => partner.read(path), `/api/v1/webmessages${query}`, 1);
    return pages.flat().map(({ id }) => id);
  };

  test("are listed newest first, all of them, of a party and with a reference", async () => {
    expect(await listed("")).toEqual(ids.toReversed());
    expect(await listed(`?party=${PARTY.toUpperCase()}`)).toEqual(ids.slice(0, 2).toReversed());
    expect(await listed("?reference=caseNumber:356434")).toEqual([ids[2], ids[0]].map(String));
    expect(await listed("?reference=caseNumber:a:b")).toEqual([String(ids[1])]);
    expect(await listed("?reference=caseNumber:other")).toEqual([]);
    await expectProblem(await partner.get("/api/v1/webmessages?party=x"), 422);
    await expectProblem(await partner.get("/api/v1/webmessages?reference=caseNumber"), 422);
  });

  test("come without the bytes of their attachments, in a list with the beginning of their text", async () => {
    const { items } = await partner.read<Page<MessageOut>>("/api/v1/webmessages");
    expect(items[1]?.excerpt).toBe("x".repeat(200));
    const one = await partner.read<MessageOut>(`/api/v1/webmessages/${ids[1]}`);
    expect(one.message).toBe("x".repeat(500));
    expect(one.attachments).toEqual([
      { number: 0, file_name: "test.pdf", mime_type: "application/pdf", size: 8 },
    ]);
    expect(one.publications).toEqual([]);
  });

  test("are shown to those alone who may read them, and of their own organisation", async () => {
    const without = await koppla.account("look", ["trainings:read"]);
    await expectProblem(await without.get("/api/v1/webmessages"), 403);
    const stranger = await koppla.partner("stranger");
    expect((await stranger.read<Page<MessageOut>>("/api/v1/webmessages")).items).toEqual([]);
    await expectProblem(await stranger.get(`/api/v1/webmessages/${ids[0]}`), 404);
    const messagesOnly = await koppla.account("look", ["webmessages:read"]);
    const { items } = await messagesOnly.read<Page<MessageOut>>("/api/v1/webmessages");
    expect(items.map(({ publications }) => publications)).toEqual([undefined, undefined, undefined]);
  });
});
