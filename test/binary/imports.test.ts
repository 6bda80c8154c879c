/** Files in and out: over HTTP and by the command line, whatever dies meanwhile. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { eventually } from "./eventually.ts";
import { type Koppla, LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { put } from "./receiver.ts";

interface Operation {
  id: string;
  kind: string;
  status: "IN_PROGRESS" | "SUCCESS" | "ERROR";
  message: string;
  progress: { done: number; total: number | null };
  result: Record<string, unknown> | null;
}

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** The issue's own numbers are measured with `KOPPLA_IMPORT_ROWS=500000`; here it is the same in small. */
const ROWS = Number(process.env["KOPPLA_IMPORT_ROWS"] ?? 30_000);
/** On PostgreSQL another node may be at work: one that is dead is missed after some seconds, each time. */
const KILLS = onPostgres ? 3 : 10;

const config = {
  types: {
    trainings: {
      object: "training",
      key: "integer",
      parent: { type: "institutes", field: "institute_id" },
      schema: {
        type: "object",
        required: ["name"],
        properties: { name: { type: "string", minLength: 1 }, institute_id: { type: "integer" } },
      },
      filters: ["institute_id"],
    },
  },
};

let koppla: Koppla;
beforeAll(async () => {
  koppla = await startKoppla({ config });
});
afterAll(() => koppla.dispose());

const NDJSON = { "content-type": "application/x-ndjson" };

const send = async (
  partner: Partner,
  query: string,
  body: string,
  headers: Record<string, string> = NDJSON,
) => {
  const answer = await partner.api(`/api/v1/trainings/import${query}`, { method: "POST", body, headers });
  if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Operation;
};

const followed = async (partner: Partner, { id }: Operation): Promise<Operation> =>
  await eventually(
    `operation ${id} ends`,
    async () => {
      const operation = await partner.read<Operation>(`/api/v1/operations/${id}?wait=20`);
      return operation.status === "IN_PROGRESS" ? undefined : operation;
    },
    LONG_TEST_MS,
  );

const lines = (count: number) =>
  Array.from({ length: count }, (_, i) => `{"id":${i + 1},"name":"Training ${i + 1}"}\n`).join("");

const topicsOf = async (partner: Partner) => {
  const all = new Map<string, number>();
  for (let since = "0", more = true; more;) {
    const page = await partner.read<Page<{ topic: string }>>(`/api/v1/changes?limit=500&since=${since}`);
    for (const { topic } of page.items) all.set(topic, (all.get(topic) ?? 0) + 1);
    more = page.items.length > 0;
    since = String(page.next_cursor);
  }
  return Object.fromEntries(all);
};

/** Kills the server again and again while an operation goes on, each time a little further. */
async function killed(server: Koppla, partner: Partner, { id }: Operation): Promise<number> {
  let kills = 0;
  for (let done = -1; kills < KILLS; kills++) {
    const further = await eventually(
      "it has come further",
      async () => {
        const operation = await partner.read<Operation>(`/api/v1/operations/${id}`);
        return operation.status !== "IN_PROGRESS" || operation.progress.done > done ? operation : undefined;
      },
      LONG_TEST_MS,
    );
    if (further.status !== "IN_PROGRESS") break;
    done = further.progress.done + Math.floor(ROWS / (2 * KILLS));
    await server.kill9();
    await server.start();
  }
  return kills;
}

test(
  "an import that is killed again and again ends with every row once, and one change of its parent",
  async () => {
    await using own = await startKoppla({ config });
    const partner = await own.partner("kills");
    await put(partner, "institutes/7", { name: "I" });
    const operation = await send(partner, "?parent=7&mode=replace", lines(ROWS));
    const kills = await killed(own, partner, operation);
    // A short one may end before all of them.
    expect(kills).toBeGreaterThanOrEqual(ROWS < 500_000 ? Math.min(3, KILLS) : KILLS);
    expect(await followed(partner, operation)).toMatchObject({
      ...{ status: "SUCCESS", progress: { done: ROWS, total: ROWS } },
      result: { rows: ROWS, created: ROWS, updated: 0, unchanged: 0, rejected: 0, removed: 0 },
    });
    expect(await topicsOf(partner)).toEqual({ "Institutes.Import": 1 });
  },
  LONG_TEST_MS,
);

test(
  "an export that is killed again and again has every record once",
  async () => {
    await using own = await startKoppla({ config });
    const partner = await own.partner("kills");
    await followed(partner, await send(partner, "", lines(ROWS)));
    const operation = await partner.send<Operation>(
      "POST",
      "/api/v1/trainings/export",
      { compress: "gzip" },
      202,
    );
    await killed(own, partner, operation);
    expect(await followed(partner, operation)).toMatchObject({
      status: "SUCCESS",
      result: { records: ROWS },
    });
    const answer = await partner.get(`/api/v1/operations/${operation.id}/file`);
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="trainings.ndjson.gz"');
    const text = gunzipSync(await answer.bytes()).toString();
    const ids = text
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { id: number }).id);
    expect(ids).toEqual(Array.from({ length: ROWS }, (_, i) => i + 1));
  },
  LONG_TEST_MS,
);

describe("over HTTP", () => {
  test("only checked says what would become of each row, and stores none", async () => {
    const partner = await koppla.partner("only-checked");
    await put(partner, "trainings/1", { name: "Svetsning" });
    const since = await topicsOf(partner);
    const body = '{"id":1,"name":"Svetsning"}\n{"id":2,"name":"Truck"}\n{"id":3}\n{"name":"No id"}\n';
    const operation = await followed(partner, await send(partner, "?mode=check&on_error=skip", body));
    expect([operation.status, operation.message]).toEqual([
      "SUCCESS",
      "Nothing was stored. It would be: 2 created, 0 updated, 1 unchanged, 1 rejected.",
    ]);
    const refused = await (await partner.get(`/api/v1/operations/${operation.id}/errors`)).text();
    expect(refused).toBe('{"line":3,"id":3,"field":"name","reason":"is missing"}\n');
    expect((await partner.read<Page<{ id: number }>>("/api/v1/trainings")).items.map(({ id }) => id)).toEqual(
      [1],
    );
    expect((await topicsOf(partner))["Trainings.Update"]).toBe(since["Trainings.Update"]);
  });

  test("what is refused is told line by line, as NDJSON and CSV", async () => {
    const partner = await koppla.partner("refused");
    const body = '{"id":1,"name":"a"}\n{"id":2,"name":""}\nno json\n';
    const operation = await followed(partner, await send(partner, "?on_error=skip", body));
    expect(operation).toMatchObject({ status: "SUCCESS", result: { created: 1, rejected: 2 } });
    const path = String(operation.result?.["errors"]);
    const reason = "must NOT have fewer than 1 characters";
    const answer = await (await partner.get(path)).text();
    expect(
      answer
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { line: 2, id: 2, field: "name", reason },
      { line: 3, id: null, field: "", reason: "is not JSON" },
    ]);
    const csv = await (await partner.get(path, { accept: "text/csv" })).text();
    expect(csv).toBe(`line,id,field,reason\n2,2,name,${reason}\n3,,,is not JSON\n`);
    const stranger = await koppla.partner("refused-strangers");
    expect((await stranger.get(path)).status).toBe(404);
  });

  test("a body that is no file, and what it is asked to be, is refused at once", async () => {
    const partner = await koppla.partner("no-files");
    const status = async (
      query: string,
      body: string,
      headers = NDJSON as Record<string, string>,
      at = partner,
    ) => (await at.api(`/api/v1/trainings/import${query}`, { method: "POST", body, headers })).status;
    expect(await status("", "x", { "content-type": "application/pdf" })).toBe(415);
    expect(await status("", "x", { ...NDJSON, "content-encoding": "br" })).toBe(415);
    expect(await status("", "")).toBe(422);
    expect(await status("?mode=merge", "{}")).toBe(422);
    expect(await status("?encoding=klingon", "{}")).toBe(422);
    expect(await status("?parent=7", "{}")).toBe(422);
    expect(await status("?parent=x", "{}")).toBe(422);
    const reader = await koppla.account("no-files", ["trainings:read"]);
    expect(await status("", "{}", NDJSON, reader)).toBe(403);
    const writer = await koppla.account("no-files", ["trainings:write"]);
    expect(await status("?mode=replace", "{}", NDJSON, writer)).toBe(403);
    expect((await writer.post("/api/v1/trainings/export", {})).status).toBe(403);
    expect((await partner.post("/api/v1/nothings/import", {})).status).toBe(404);
    expect((await partner.read<Page<Operation>>("/api/v1/operations")).items).toEqual([]);
  });

  test("a dry run takes the file and keeps nothing of it", async () => {
    const partner = await koppla.partner("dry-imports");
    const headers = { ...NDJSON, "dry-run": "true" };
    const { status, progress } = await send(partner, "", lines(20), headers);
    expect({ status, progress }).toEqual({ status: "IN_PROGRESS", progress: { done: 0, total: 20 } });
    const exporting = await partner.post("/api/v1/trainings/export", {}, { "dry-run": "true" });
    expect([exporting.status, exporting.headers.get("dry-run")]).toEqual([202, "true"]);
    expect((await partner.read<Page<Operation>>("/api/v1/operations")).items).toEqual([]);
  });

  test("an export obeys grants: which records, which fields, and whose file it is", async () => {
    const partner = await koppla.partner("exports");
    const body = '{"id":1,"name":"a","institute_id":7}\n{"id":2,"name":"b","institute_id":8}\n';
    await followed(partner, await send(partner, "", body));
    const few = await partner.send<{ token: string }>(
      "POST",
      "/api/v1/accounts",
      {
        name: "Few",
        grants: [
          { resource: "trainings", actions: ["read"], where: { institute_id: [7] }, fields: ["name"] },
          { resource: "operations", actions: ["read"] },
        ],
      },
      201,
    );
    const asFew = (path: string, init: RequestInit = {}) =>
      fetch(koppla.url + path, {
        ...init,
        headers: { authorization: `Bearer ${few.token}`, "content-type": "application/json" },
      });
    const started = await asFew("/api/v1/trainings/export", { method: "POST", body: '{"format":"csv"}' });
    const operation = await followed(partner, (await started.json()) as Operation);
    const text = await (await asFew(`/api/v1/operations/${operation.id}/file`)).text();
    expect(
      text
        .split("\n")
        .slice(0, 2)
        .map((line) => line.split(",").slice(0, 2).join()),
    ).toEqual(["id,name", "1,a"]);
    expect(text.trimEnd().split("\n")).toHaveLength(2);
    const all = await partner.send<Operation>("POST", "/api/v1/trainings/export", {}, 202);
    await followed(partner, all);
    // It is seen, but not what is in it.
    expect((await asFew(`/api/v1/operations/${all.id}`)).status).toBe(200);
    expect((await asFew(`/api/v1/operations/${all.id}/file`)).status).toBe(403);
    const hidden = { method: "POST", body: '{"filter":{"institute_id":8}}' };
    expect((await asFew("/api/v1/trainings/export", hidden)).status).toBe(403);
  });

  test("how far it comes is streamed, and its end ends the stream", async () => {
    const partner = await koppla.partner("streams");
    const operation = await send(partner, "", lines(2_000));
    const answer = await partner.get(`/api/v1/operations/${operation.id}/stream`);
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    const events = (await answer.text()).split("\n\n").filter((text) => text.startsWith("event:"));
    const end = events.at(-1)?.split("\n") ?? [];
    expect(end[0]).toBe("event: end");
    expect(JSON.parse(end[1]?.slice(6) ?? "")).toMatchObject({ id: operation.id, status: "SUCCESS" });
    expect(events.slice(0, -1).every((text) => text.startsWith("event: progress\n"))).toBe(true);
  });
});

describe("the commands", () => {
  const file = async (name: string, content: string) => {
    const path = join(koppla.dir, name);
    await Bun.write(path, content);
    return path;
  };

  test(
    "import and export without a server do it themselves, beside one it does",
    async () => {
      // Where it listens tells a command whether there is a server.
      const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
      probe.stop(true);
      const server = { listen: `127.0.0.1:${probe.port}` };
      await using own = await startKoppla({ config: { ...config, server } });
      const path = join(own.dir, "t.csv.gz");
      await Bun.write(path, Bun.gzipSync("Nr;Namn\n1;Å\n2;=1+1\n"));
      const importing = [
        "import",
        path,
        "--type",
        "trainings",
        "--org",
        "demo",
        "--map",
        "Nr:id",
        "--map",
        "Namn:name",
      ];
      const beside = await own.cli(...importing, "--json");
      expect(JSON.parse(beside.stdout)).toMatchObject({ status: "SUCCESS", result: { created: 2 } });
      expect(await own.demo.read<object>("/api/v1/trainings/2")).toMatchObject({ id: 2, name: "=1+1" });
      await own.stop();
      expect(await own.cli(...importing)).toMatchObject({
        ...{ exitCode: 0, stdout: "0 created, 0 updated, 2 unchanged.\n" },
      });
      const out = join(own.dir, "out.csv");
      const exported = await own.cli(
        "export",
        out,
        "--type",
        "trainings",
        "--org",
        "demo",
        "--field",
        "name",
      );
      expect(exported).toMatchObject({ exitCode: 0 });
      expect(await Bun.file(out).text()).toBe("id,name\n1,Å\n2,'=1+1\n");
      const piped = await own.cli(
        "export",
        "-",
        "--type",
        "trainings",
        "--org",
        "demo",
        "--filter",
        "institute_id=3",
      );
      expect(piped).toMatchObject({ exitCode: 0, stdout: "" });
    },
    LONG_TEST_MS,
  );

  test("over HTTP they need a token, and say what the server says", async () => {
    const partner = await koppla.partner("commands");
    const path = await file("t.ndjson", '{"id":1,"name":"a"}\n{"id":2}\n');
    const token = await file("token", `${partner.token}\n`);
    const remote = ["--url", koppla.url, "--token-file", token];
    const run = (...args: string[]) => koppla.cli(...args);
    const stopped = await run("import", path, "--type", "trainings", ...remote, "--json");
    expect(stopped.exitCode).toBe(1);
    const { id, ...operation } = JSON.parse(stopped.stdout) as Operation;
    expect(operation).toMatchObject({ status: "ERROR", result: { created: 1, line: 2 } });
    const errors = await run("operation", "errors", id, ...remote);
    expect(errors.stdout).toBe('{"line":2,"id":2,"field":"name","reason":"is missing"}\n');
    expect((await run("operation", "follow", id, ...remote)).exitCode).toBe(1);
    expect((await run("operation", "list", ...remote)).stdout).toContain(id);
    expect((await run("operation", "cancel", id, ...remote)).stderr).toContain("has ended");
    const out = join(koppla.dir, "o.ndjson.gz");
    expect(await run("export", out, "--type", "trainings", ...remote)).toMatchObject({ exitCode: 0 });
    expect(gunzipSync(await Bun.file(out).bytes()).toString()).toStartWith('{"id":1,"name":"a"');
    expect((await run("import", path, "--type", "nothings", ...remote)).stderr).toContain("no type nothings");
    expect(
      (await run("import", join(koppla.dir, "none.csv"), "--type", "trainings", ...remote)).exitCode,
    ).toBe(1);
    expect((await run("import", path, "--type", "trainings", "--url", koppla.url)).stderr).toContain("token");
  });
});
