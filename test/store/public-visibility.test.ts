/**
 * The public data API shows a caller what the rules let him see and nothing else, whatever he asks for, compared with
 * the rules written down plainly. Every value of the records is a word of its own, so that one which gets out is seen.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { shell } from "../../src/audit/entry.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Grant } from "../../src/grants/grant.ts";
import { createLogger } from "../../src/log.ts";
import { cookieNames } from "../../src/sessions/cookies.ts";
import { type RunningServer, startServer } from "../../src/server.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";
import { SEED } from "./grant-worlds.ts";

const LONG_MS = 120_000;
const PW = "opensesame1";

interface Rules {
  public: string[];
  filters: string[];
  search: string[];
}
/** Types that show everything to everybody, something, and nothing. */
const TYPES: Record<string, Rules> = {
  trainings: { public: ["name", "city"], filters: ["city", "grp"], search: ["name", "note", "secret"] },
  courses: {
    public: ["name", "note", "secret", "city", "grp", "starts"],
    filters: ["grp", "city"],
    search: ["secret"],
  },
  invoices: { public: [], filters: ["city"], search: ["note", "name"] },
};
const FIELDS = ["name", "note", "secret", "city", "grp", "starts"] as const;
const CODES = ["one", "two"] as const;
type Data = Record<string, string | number>;

/** A record of which every text is a word that stands nowhere else, but for those that it is filtered by. */
function recordOf(code: string, type: string, id: number): Data {
  const word = (field: string) => `zq${code}${type}${id}${field}`;
  const day = String(((id * 5) % 27) + 1).padStart(2, "0");
  return {
    ...{ id, name: word("name"), note: `${word("note")} common`, secret: word("secret") },
    ...{ city: `city${id % 3}`, grp: id % 2, starts: `2026-12-${day}` },
  };
}
const IDS = [1, 2, 3, 4, 5, 6, 7];
const recordsOf = (code: string, type: string): Data[] => IDS.map((id) => recordOf(code, type, id));

/** What a caller may see of a record, by the rules; undefined: nothing, not even that it is there. */
function seenOf(grants: readonly Grant[], type: string, record: Data): Set<string> | undefined {
  let seen: Set<string> | undefined;
  for (const { resource, actions, where = {}, fields = "all" } of grants) {
    if (resource !== "*" && resource !== type) continue;
    if (!actions.includes("read") && !actions.includes("*")) continue;
    if (!Object.entries(where).every(([field, values]) => values.includes(record[field] as string))) continue;
    seen ??= new Set(["id"]);
    const shown = fields === "all" ? FIELDS : fields === "public" ? TYPES[type]?.public : fields;
    for (const field of shown ?? []) seen.add(field);
  }
  return seen;
}

interface Caller {
  name: string;
  code: (typeof CODES)[number];
  grants: readonly Grant[];
  headers: Record<string, string>;
  parameters: Record<string, string>;
}

const someGrants = fc.array(
  fc.oneof(
    fc.constantFrom(...Object.keys(TYPES)).chain((resource) =>
      fc.record(
        {
          resource: fc.constant(resource),
          actions: fc.constantFrom<string[][]>(["read"], ["read", "write"], ["*"], ["write"]),
          where: fc.oneof(
            fc.subarray(["city0", "city1", "city2"], { minLength: 1 }).map((city) => ({ city })),
            ...(resource === "invoices"
              ? []
              : [fc.constantFrom({ grp: [0] }, { grp: [1], city: ["city1"] })]),
          ),
          fields: fc.oneof(
            fc.constantFrom<"public" | "all">(resource === "invoices" ? "all" : "public", "all"),
            fc.subarray([...FIELDS], { minLength: 1 }),
          ),
        },
        { requiredKeys: ["resource", "actions"] },
      ),
    ),
    fc.constant<Grant>({ resource: "receivers", actions: ["read"] }),
  ),
  { minLength: 1, maxLength: 4 },
);

describe.each(databases)("the public data API on %s", (kind) => {
  const folder = mkdtempSync(join(tmpdir(), "koppla-visible-"));
  let database: TestDatabase;
  let server: RunningServer;
  const callers: Caller[] = [];
  const accountGrants = fc.sample(someGrants, {
    seed: SEED,
    numRuns: kind === "sqlite" ? 24 : 10,
  }) as Grant[][];

  beforeAll(async () => {
    database = await makeDatabase(kind, "normal");
    const { options } = database;
    const url = options.kind === "sqlite" ? `sqlite:${options.path}` : options.url;
    const properties = Object.fromEntries(FIELDS.map((field) => [field, {}]));
    const types = Object.fromEntries(
      Object.entries(TYPES).map(([name, rules]) => [
        name,
        {
          ...{ object: name.slice(0, -1), key: "integer", schema: { type: "object", properties } },
          ...{ ...rules, dates: { start: "starts", summary: "name", location: "note" } },
        },
      ]),
    );
    const member = [{ resource: "trainings", actions: ["read"], where: { grp: [1] } }];
    const file = join(folder, "koppla.yaml");
    writeFileSync(
      file,
      JSON.stringify({
        database: { url, durability: "normal" },
        secrets: { key_file: "./koppla.key" },
        server: { listen: "127.0.0.1:0", public_url: "http://127.0.0.1:0" },
        public_api: { push_by_get: true },
        roles: {
          member: { grants: member },
          editor: { grants: [{ resource: "trainings", actions: ["read", "write"] }] },
        },
        types,
      }),
    );
    const log = createLogger({ level: "error", format: "json" });
    server = await startServer(await loadConfig(file, {}), { log });
    const { services } = server;
    for (const code of CODES) {
      const organisation = await services.organisations.create({ code, name: code });
      const by = shell(organisation.id);
      for (const type of services.types.all) {
        await services.records.push(owner(organisation.id), type, recordsOf(code, type.name), "stop");
      }
      const shown = Object.keys(TYPES).map((resource): Grant => ({
        resource,
        actions: ["read"],
        fields: "public",
      }));
      const open = shown.filter(({ resource }) => TYPES[resource]?.public.length);
      callers.push({ name: "anybody", code, grants: open, headers: {}, parameters: { org: code } });

      await services.organisationPasswords.set(by, { password: PW });
      const own: Grant[] =
        code === "one"
          ? [{ resource: "*", actions: ["read", "write"] }]
          : [
              {
                resource: "trainings",
                actions: ["read"],
                where: { city: ["city1"] },
                fields: ["name", "note"],
              },
            ];
      await services.organisations.patch(by, { password_grants: own });
      callers.push({ name: "password", code, grants: own, headers: {}, parameters: { org: code, pw: PW } });

      const editor = { author: by, mayHandOut: () => {} };
      const { user } = await services.users.create(editor, {
        ...{ username: `anna-${code}`, email: "anna@example.org", name: "Anna", roles: ["member"] },
      });
      const cookie = await services.store.write((tx) =>
        services.sessions.start(tx, { userId: user.id, organisationId: organisation.id }),
      );
      const headers = { cookie: `${cookieNames(false).session}=${cookie}` };
      callers.push({ name: "browser", code, grants: member, headers, parameters: {} });
      for (const [index, grants] of accountGrants.entries()) {
        if (index % 2 !== CODES.indexOf(code)) continue;
        const made = await services.accounts.create({ organisationId: organisation.id, name: "ERP", grants });
        const bearer = { authorization: `Bearer ${made.token}` };
        callers.push({
          name: `account ${JSON.stringify(grants)}`,
          code,
          grants,
          headers: bearer,
          parameters: {},
        });
      }
    }
  }, LONG_MS);
  afterAll(async () => {
    await server?.stop();
    await database?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Who may do everything in an organisation. */
  const owner = (id: number) => ({
    organisation: { id, code: "", name: "" },
    subject: { kind: "account" as const, id: "a", clientId: "c", name: "n" },
    grants: [{ resource: "*", actions: ["*"] }],
  });
  const trainings = () => {
    const type = server.services.types.find("trainings");
    if (!type) throw new Error("there are no trainings");
    return type;
  };

  const ask = async ({ headers, parameters }: Caller, type: string, query: Record<string, string>) => {
    const all = new URLSearchParams({ ...parameters, ...query });
    const response = await fetch(`${server.url}/api/public/${type}/?${all}`, { headers });
    return { status: response.status, text: await response.text(), etag: response.headers.get("etag") };
  };

  /** The records that a caller may see, each cut down to what he may see of it. */
  const visible = ({ code, grants }: Caller, type: string): Data[] =>
    recordsOf(code, type).flatMap((record) => {
      const seen = seenOf(grants, type, record);
      return seen ? [Object.fromEntries(Object.entries(record).filter(([field]) => seen.has(field)))] : [];
    });
  /** Words of records in an answer, whatever its format: lines of calendars are folded. */
  const wordsIn = (text: string) => new Set(text.replaceAll(/\r\n[ \t]/g, "").match(/zq[a-z0-9]+/g));
  const wordsOf = (records: readonly Data[]) => wordsIn(JSON.stringify(records));

  const cases = () =>
    callers.flatMap((caller) =>
      Object.keys(TYPES).map((type) => ({ caller, type, records: visible(caller, type) })),
    );
  /** Whether the grants let a caller see any record of a type, as far as can be said without the records. */
  const mayLook = ({ grants }: Caller, type: string) =>
    grants.some(
      ({ resource, actions }) =>
        (resource === "*" || resource === type) && (actions.includes("read") || actions.includes("*")),
    );

  test(
    "lists exactly what may be seen, in every format",
    async () => {
      let [shown, cut, refused] = [0, 0, 0];
      for (const { caller, type, records } of cases()) {
        const about = { caller: caller.name, code: caller.code, type };
        const { status, text } = await ask(caller, type, {});
        if (!mayLook(caller, type)) {
          refused++;
          expect({ ...about, status }).toEqual({ ...about, status: caller.name === "anybody" ? 401 : 403 });
          expect(wordsIn(text).size).toBe(0);
          continue;
        }
        const body = JSON.parse(text);
        expect({ ...about, found: body.search.numRowsFound, records: body[type] }).toEqual({
          ...{ ...about, found: records.length, records },
        });
        shown += records.length;
        cut += records.filter((record) => Object.keys(record).length < 7).length;

        const verbose = JSON.parse((await ask(caller, type, { verbose: "true" })).text)[type] as Data[];
        expect({ ...about, verbose: verbose.map(({ _meta, ...record }) => record) }).toEqual({
          ...{ ...about, verbose: records },
        });
        const csv = parse((await ask(caller, type, { format: "csv" })).text, { columns: true }) as Data[];
        const filled = csv.map((row) =>
          Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== "")),
        );
        const asText = records.map((record) =>
          Object.fromEntries(Object.entries(record).map(([field, value]) => [field, String(value)])),
        );
        expect({ ...about, csv: filled }).toEqual({ ...about, csv: asText });
        const calendar = await ask(caller, type, { format: "ical" });
        for (const word of wordsIn(calendar.text))
          expect({ ...about, word, ok: wordsOf(records).has(word) }).toEqual({ ...about, word, ok: true });
        if (calendar.status === 200) {
          const events = calendar.text.match(/BEGIN:VEVENT/g)?.length ?? 0;
          expect({ ...about, events }).toEqual({
            ...about,
            events: records.filter(({ starts }) => starts).length,
          });
        }
      }
      // Both the one and the other has happened, and not little.
      expect(Math.min(shown, cut, refused)).toBeGreaterThan(10);
    },
    LONG_MS,
  );

  test(
    "finds by a word what may be seen by the field in which it stands",
    async () => {
      let [hits, misses] = [0, 0];
      for (const { caller, type, records } of cases()) {
        if (!mayLook(caller, type)) continue;
        const { search } = TYPES[type] as Rules;
        for (const code of CODES) {
          for (const field of ["name", "note", "secret"]) {
            const word = `zq${code}${type}${3}${field}`;
            const { text } = await ask(caller, type, { textSearch: word });
            const body = JSON.parse(text);
            const expected = search.includes(field)
              ? records.filter((record) =>
                  String(record[field] ?? "")
                    .split(" ")
                    .includes(word),
                )
              : [];
            expect({
              caller: caller.name,
              word,
              found: body.search.numRowsFound,
              records: body[type],
            }).toEqual({
              ...{ caller: caller.name, word, found: expected.length, records: expected },
            });
            if (expected.length > 0) hits++;
            else misses++;
          }
        }
        const { text } = await ask(caller, type, { textSearch: "common", "filter[city]": "city1" });
        const body = JSON.parse(text);
        const expected = search.includes("note")
          ? records.filter(({ note, city }) => note !== undefined && city === "city1")
          : [];
        if (body[type])
          expect({ caller: caller.name, type, records: body[type] }).toEqual({
            caller: caller.name,
            type,
            records: expected,
          });
        else expect(wordsIn(text).size).toBe(0);
      }
      expect(Math.min(hits, misses)).toBeGreaterThan(10);
    },
    LONG_MS,
  );

  test(
    "filters and orders by what may be seen, or refuses",
    async () => {
      let [answered, refused] = [0, 0];
      for (const { caller, type, records } of cases()) {
        if (!mayLook(caller, type)) continue;
        for (const field of TYPES[type]?.filters ?? []) {
          for (const value of field === "city" ? ["city0", "city2"] : [0, 1]) {
            const { status, text } = await ask(caller, type, { [field]: String(value) });
            if (status === 200) {
              answered++;
              const expected = records.filter((record) => record[field] === value);
              const body = JSON.parse(text);
              expect({
                caller: caller.name,
                field,
                value,
                found: body.search.numRowsFound,
                records: body[type],
              }).toEqual({
                ...{ caller: caller.name, field, value, found: expected.length, records: expected },
              });
            } else {
              refused++;
              expect([401, 403]).toContain(status);
              expect(records.every((record) => record[field] === undefined)).toBe(true);
            }
          }
          const { status, text } = await ask(caller, type, { sort: `-${field}` });
          if (status === 200) {
            const expected = records.toSorted((a, b) =>
              String(a[field]) < String(b[field])
                ? 1
                : a[field] === b[field]
                  ? Number(b["id"]) - Number(a["id"])
                  : -1,
            );
            expect({
              caller: caller.name,
              field,
              ids: JSON.parse(text)[type].map(({ id }: Data) => id),
            }).toEqual({
              ...{ caller: caller.name, field, ids: expected.map(({ id }) => id) },
            });
          } else {
            expect([401, 403]).toContain(status);
            expect(wordsIn(text).size).toBe(0);
          }
        }
      }
      expect(Math.min(answered, refused)).toBeGreaterThan(10);
    },
    LONG_MS,
  );

  test("a browser's login adds what a page of the server sends, and nothing by GET or for another site", async () => {
    const { services } = server;
    const { id: organisationId } = await services.organisations.byCode("two");
    const editor = { author: shell(organisationId), mayHandOut: () => {} };
    const { user } = await services.users.create(editor, {
      ...{ username: "bo", email: "bo@example.org", name: "Bo", roles: ["editor"] },
    });
    const cookie = await services.store.write((tx) =>
      services.sessions.start(tx, { userId: user.id, organisationId }),
    );
    const login = { cookie: `${cookieNames(false).session}=${cookie}` };
    const address = `${server.url}/api/public/trainings/add/`;
    const add = async (method: string, headers: Record<string, string>) => {
      const fields = new URLSearchParams({ id: "50", name: "added" });
      const init = { method, headers: { ...login, ...headers } };
      const response =
        method === "GET"
          ? await fetch(`${address}?${fields}`, init)
          : await fetch(address, { ...init, body: fields });
      return response.status;
    };
    const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect(await add("GET", {})).toBe(403);
    expect(await add("GET", { "sec-fetch-site": "same-origin" })).toBe(403);
    expect(await add("GET", foreign)).toBeGreaterThanOrEqual(400);
    expect(await add("POST", foreign)).toBeGreaterThanOrEqual(400);
    expect(await add("POST", {})).toBeGreaterThanOrEqual(400);
    const find = () => services.records.get(owner(organisationId), trainings(), "b50");
    expect(await find()).toBeUndefined();
    expect(await add("POST", { origin: server.url, "sec-fetch-site": "same-origin" })).toBe(200);
    expect(await find()).toBeDefined();
    await services.records.remove(owner(organisationId), trainings(), "b50");
  });

  test("the public view's ETag moves with what is public, and with nothing else", async () => {
    const anybody = callers.find(({ name, code }) => name === "anybody" && code === "one") as Caller;
    const { services } = server;
    const type = trainings();
    const principal = owner((await services.organisations.byCode("one")).id);
    const tags = async () => {
      const queries = [{}, { format: "csv" }, { textSearch: "zqonetrainings" }, { textSearch: "common" }];
      return await Promise.all(queries.map(async (query) => (await ask(anybody, "trainings", query)).etag));
    };
    const before = await tags();
    expect(before.every((tag) => tag !== null)).toBe(true);
    await services.records.patch(principal, type, "a1", { secret: "other", note: "uncommon" });
    expect(await tags()).toEqual(before);
    await services.records.patch(principal, type, "a1", { name: "zqonetrainingsrenamed" });
    const after = await tags();
    expect(after.map((tag, index) => tag === before[index])).toEqual([false, false, false, true]);
  });
});
