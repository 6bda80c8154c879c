/** Web messages that go to Open-E before their caller is answered: what is sent, and what each answer comes to. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "../binary/harness.ts";
import type { Partner } from "../binary/partner.ts";
import { envelope, fault, ScriptedOpenE, taken, xml } from "./scripted-open-e.ts";

interface Publication {
  id: string;
  message_id: string;
  channel: string;
  state: string;
  external_id: string | null;
  status_code: number | null;
  error: string | null;
  detail: string | null;
}

const PARTY = "81471222-5798-11e9-ae24-57fa13b361e1";
const PASSWORD = "c4nary-open-e-password-ä";

let openE: ScriptedOpenE;
let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  openE = new ScriptedOpenE();
  koppla = await startKoppla({
    env: { TZ: "Europe/Stockholm" },
    config: {
      channels: {
        "open-e": {
          ...{ url: openE.url(), username: "koppla", password: PASSWORD, timeout: "400ms" },
          instances: {
            internal: { url: openE.url("/internal"), username: "inside", password: "c4nary-inside" },
            external: { url: openE.url("/external") },
          },
          connect_timeout: "300ms",
          organisations: ["demo"],
        },
        refused: {
          ...{ kind: "open-e", url: "http://127.0.0.1:1/ws", organisations: ["refused"] },
          numeric_flow_instance_id: false,
        },
      },
    },
  });
  partner = koppla.demo;
});
afterAll(async () => {
  await koppla?.dispose();
  await openE?.stop();
});
beforeEach(() => {
  openE.calls.length = 0;
  openE.script(() => taken());
});

const request = (more: Record<string, unknown> = {}) => ({
  partyId: PARTY,
  message: "This is a message",
  externalReferences: [{ key: "flowInstanceId", value: "356434" }],
  ...more,
});
const post = (more: Record<string, unknown> = {}, by = partner) => by.post("/webmessages", request(more));

const idOf = (response: Response) => response.headers.get("location")?.split("/").at(-1) ?? "";

/** The newest publication in the log. */
const last = async (by = partner): Promise<Publication> => {
  const { items } = await by.read<{ items: Publication[] }>("/api/v1/publications?limit=1");
  const [item] = items;
  if (!item) throw new Error("there is no publication");
  return item;
};

/** How many messages the party has. */
const stored = async (by = partner): Promise<number> =>
  (await by.read<unknown[]>(`/webmessages/recipients/${PARTY}`)).length;

/** S3's answer to what Open-E refuses; nothing is stored. */
async function expectRefused(status: number, title: string, detail?: string, by = partner): Promise<void> {
  const before = await stored(by);
  const response = await post({}, by);
  expect(response.headers.get("content-type")).toStartWith("application/problem+json");
  const body: unknown = await response.json();
  expect({ status: response.status, body }).toEqual({
    status,
    body: { title, status, detail: detail ?? expect.any(String) },
  });
  expect(await stored(by)).toBe(before);
  // It does not tell where Open-E is.
  expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|\/ws|ECONN|c4nary/);
}

describe("what Open-E is sent", () => {
  test("is addMessage in a SOAP envelope, byte for byte, with HTTP Basic", async () => {
    const response = await post({
      attachments: [{ fileName: "test.pdf", base64Data: Buffer.from("%PDF-1.4 hello").toString("base64") }],
    });
    expect({ status: response.status, body: await response.text() }).toEqual({ status: 201, body: "" });
    const [call] = openE.calls;
    const added = /<added>(.*?)<\/added>/.exec(call?.body ?? "")?.[1] ?? "";
    expect(added).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0[12]:00$/);
    expect(Math.abs(Date.parse(added) - Date.now())).toBeLessThan(10_000);
    expect(call?.body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>' +
        '<addMessage xmlns="http://www.oeplatform.org/version/1.0/schemas/integration/callback">' +
        `<flowInstanceID>356434</flowInstanceID><message><added>${added}</added>` +
        "<attachments><encodedData>JVBERi0xLjQgaGVsbG8=</encodedData><filename>test.pdf</filename><size>14</size></attachments>" +
        "<message>This is a message</message></message></addMessage></Body></Envelope>",
    );
    expect(call?.headers).toMatchObject({
      "content-type": "text/xml; charset=UTF-8",
      authorization: `Basic ${Buffer.from(`koppla:${PASSWORD}`).toString("base64")}`,
      "content-length": String(Buffer.byteLength(call?.body ?? "")),
    });
    expect(call?.path).toBe("/ws");
  });

  test("has text and file names that XML would take for its own escaped, and what XML cannot hold replaced", async () => {
    const message = `</message><evil/>&amp; <![CDATA[x]]> "'\u0001\u000b åäö 🙂\ttab\nline`;
    const attachments = [{ fileName: `a"&<b>.txt`, base64Data: "YQ==" }];
    expect((await post({ message, attachments })).status).toBe(201);
    const body = openE.calls[0]?.body ?? "";
    expect(body).toContain(
      "<message>&lt;/message&gt;&lt;evil/&gt;&amp;amp; &lt;![CDATA[x]]&gt; &quot;&apos;\ufffd\ufffd åäö 🙂\ttab\nline</message>",
    );
    expect(body).toContain("<filename>a&quot;&amp;&lt;b&gt;.txt</filename>");
  });

  test("has every attachment in its order, whatever its length comes to in base64", async () => {
    const sizes = [1, 2, 3, 70_000, 262_145, 300_001];
    const files = sizes.map((size, index) => Buffer.alloc(size, `${index}-${size}/`));
    const attachments = files.map((bytes, index) => {
      return { fileName: `${index}.bin`, base64Data: bytes.toString("base64") };
    });
    expect((await post({ attachments })).status).toBe(201);
    const sent = [...(openE.calls[0]?.body ?? "").matchAll(/<attachments>(.*?)<\/attachments>/g)];
    expect(sent.map(([, text]) => text)).toEqual(
      files.map(
        (bytes, index) =>
          `<encodedData>${bytes.toString("base64")}</encodedData><filename>${index}.bin</filename><size>${bytes.length}</size>`,
      ),
    );
  });

  test("names the case of the first flowInstanceId, in whatever case the key is written", async () => {
    const externalReferences = [
      { key: "caseId", value: "1" },
      { key: "FLOWinstanceID", value: "11" },
      { key: "flowInstanceId", value: "12" },
    ];
    expect((await post({ externalReferences })).status).toBe(201);
    expect(openE.calls.map(({ body }) => /<flowInstanceID>(.*?)</.exec(body)?.[1])).toEqual(["11"]);
  });

  test("goes to the instance that oepInstance names, with its user and sender.userId as the principal", async () => {
    expect((await post({ oepInstance: "INTERNAL", sender: { userId: "joe01doe" } })).status).toBe(201);
    expect((await post({ oepInstance: "external" })).status).toBe(201);
    const [inside, outside] = openE.calls;
    expect(inside?.path).toBe("/internal");
    expect(inside?.headers["authorization"]).toBe(`Basic ${btoa("inside:c4nary-inside")}`);
    expect(inside?.body).toEndWith(
      "</message><principal><userID>joe01doe</userID></principal></addMessage></Body></Envelope>",
    );
    expect(outside?.path).toBe("/external");
    expect(outside?.headers["authorization"]).toBeUndefined();
    expect(outside?.body).not.toContain("principal");
  });

  test("is nothing at all in a dry run, which is answered as if it had taken the message", async () => {
    const before = await stored();
    const dry = { "dry-run": "true" };
    const response = await partner.post("/webmessages", request(), dry);
    expect([response.status, response.headers.get("dry-run")]).toEqual([201, "true"]);
    expect((await partner.get(`/webmessages/${idOf(response)}`)).status).toBe(404);
    const refused = await partner.post("/webmessages", request({ message: "" }), dry);
    expect(refused.status).toBe(400);
    expect([openE.calls, await stored()]).toEqual([[], before]);
  });

  test("is nothing at all where there is no flowInstanceId: the message is only stored", async () => {
    const response = await post({ message: "", externalReferences: [{ key: "caseId", value: "77" }] });
    expect(response.status).toBe(201);
    expect(openE.calls).toEqual([]);
    expect((await partner.get(`/webmessages/${idOf(response)}`)).status).toBe(200);
  });
});

describe("a message that Open-E took", () => {
  test("is shown with its state and Open-E's messageID to those who may see it, and to nobody else", async () => {
    openE.script(() => taken(4711));
    const id = idOf(await post());
    const shown = await partner.read<{ publications: unknown }>(`/webmessages/${id}?include=publications`);
    expect(shown.publications).toEqual([
      { channel: "open-e", state: "published", at: expect.any(String), external_id: "4711" },
    ]);
    const publication = await last();
    expect(publication).toMatchObject({
      message_id: id,
      channel: "open-e",
      state: "published",
      status_code: 200,
    });
    const reader = await koppla.account("demo", ["webmessages:read"]);
    expect(await reader.read<object>(`/webmessages/${id}`)).not.toHaveProperty("publications");
    expect((await reader.get(`/webmessages/${id}?include=publications`)).status).toBe(403);
    expect((await reader.get(`/api/v1/publications/${publication.id}`)).status).toBe(403);
    const stranger = await koppla.partner("stranger");
    expect((await stranger.get(`/api/v1/publications/${publication.id}`)).status).toBe(404);
    expect((await stranger.read<{ items: [] }>("/api/v1/publications")).items).toEqual([]);
  });

  test("tells other channels of itself once, when Open-E has it and not before", async () => {
    const { next_cursor: since } = await partner.read<{ next_cursor: string }>(
      "/api/v1/changes?limit=500&topics=WebMessages.*",
    );
    const during: unknown[] = [];
    openE.script(async () => {
      const changes = await partner.read<{ items: unknown[] }>(
        `/api/v1/changes?topics=WebMessages.*&since=${since}`,
      );
      const messages = await partner.read<unknown[]>(`/webmessages/recipients/${PARTY}`);
      during.push(changes.items.length, messages.length);
      return taken();
    });
    const before = await stored();
    const id = idOf(await post());
    expect(during).toEqual([0, before]);
    const { items } = await partner.read<{ items: { topic: string; id: string }[] }>(
      `/api/v1/changes?topics=WebMessages.*&since=${since}`,
    );
    expect(items.map(({ topic, id: about }) => [topic, about])).toEqual([["WebMessages.Create", id]]);
  });
});

describe("what Open-E answers", () => {
  test("FlowInstanceNotFoundFault: 404 with its faultstring", async () => {
    openE.script(() => fault("FlowInstanceNotFoundFault", "The requested flow instance was not found"));
    await expectRefused(404, "Not Found", "The requested flow instance was not found");
    expect(await last()).toMatchObject({ state: "failed", error: "fault", status_code: 500 });
  });

  test("a fault with HTTP 200 and character references is the same fault", async () => {
    openE.script(() =>
      fault("ns2:FlowInstanceNotFoundFault", "&#196;rendet finns inte &amp; &lt;mer&gt;", 200),
    );
    await expectRefused(404, "Not Found", "Ärendet finns inte & <mer>");
  });

  test("AccessDeniedFault: 401 with its faultstring", async () => {
    openE.script(() => fault("AccessDeniedFault", "Access denied"));
    await expectRefused(401, "Unauthorized", "Access denied");
  });

  test.each([
    ["another fault", () => fault("StatusNotFoundFault", "NullPointerException at /opt/open-e/c4nary")],
    ["a fault without detail", () => fault(null, "c4nary")],
    ["a refusal of the user", () => new Response("<html>c4nary</html>", { status: 401 })],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: openE.url("/else") } })],
    ["success and no messageID", () => xml(envelope("<addMessageResponse/>"))],
    ["a messageID that is none", () => taken("many")],
    [
      "a messageID and a failure",
      () => xml(envelope("<addMessageResponse><messageID>1</messageID></addMessageResponse>"), 500),
    ],
    ["nothing", () => new Response(null, { status: 200 })],
    ["malformed XML", () => xml(envelope("<addMessageResponse><messageID>1</addMessageResponse>"))],
    ["what is no XML", () => new Response("OK")],
    ["XML that breaks off", () => xml(envelope("<addMessageResponse><messageID>151").slice(0, 150))],
    ["a hundred thousand levels", () => xml("<a>".repeat(30_000))],
    ["members of Object's prototype", () => xml(envelope("<__proto__><messageID>1</messageID></__proto__>"))],
  ])("%s: 500, and nothing of it is told", async (_, answer) => {
    openE.script(answer);
    await expectRefused(500, "Internal Server Error");
    expect(openE.calls.map(({ path }) => path)).toEqual(["/ws"]);
    expect(await last()).toMatchObject({ state: "failed" });
  });

  test("an XML bomb is refused unread: 500", async () => {
    const levels = Array.from({ length: 12 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join(
      "",
    );
    openE.script(() =>
      xml(
        `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">${levels}]>${envelope("<addMessageResponse><messageID>&l12;</messageID></addMessageResponse>").split("?>")[1]}`,
      ),
    );
    const began = performance.now();
    await expectRefused(500, "Internal Server Error");
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await last()).toMatchObject({ error: "answer", detail: expect.stringContaining("document type") });
  });

  test("external entities are not fetched: 500", async () => {
    const entities = [openE.url("/stolen"), "file:///etc/passwd"];
    for (const uri of entities) {
      openE.script(({ path }) =>
        path === "/stolen"
          ? new Response("1")
          : xml(
              `<!DOCTYPE x SYSTEM "${uri}" [<!ENTITY e SYSTEM "${uri}">]><Envelope><Body><Fault><faultstring>&e;</faultstring></Fault></Body></Envelope>`,
            ),
      );
      await expectRefused(500, "Internal Server Error");
    }
    expect(openE.calls.map(({ path }) => path)).toEqual(["/ws", "/ws"]);
  });

  test("10 MB are not read: 500", async () => {
    openE.script(() =>
      xml(
        envelope(
          `<addMessageResponse><messageID>1</messageID></addMessageResponse><!--${"x".repeat(10_000_000)}-->`,
        ),
      ),
    );
    await expectRefused(500, "Internal Server Error");
    expect(await last()).toMatchObject({ error: "answer", detail: expect.stringContaining("larger than") });
  });

  test("an endless answer is not waited for: 500", async () => {
    const piece = new Uint8Array(65_536).fill(32);
    openE.script(() => new Response(new ReadableStream({ pull: (to) => to.enqueue(piece) })));
    await expectRefused(500, "Internal Server Error");
  });

  test("nothing within its time: 500, and the log says timeout", async () => {
    const late = Promise.withResolvers<Response>();
    openE.script(() => late.promise);
    const began = performance.now();
    await expectRefused(500, "Internal Server Error");
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await last()).toMatchObject({ state: "failed", error: "timeout", status_code: null });
    late.resolve(taken());
  });

  test("no connection: 500, and the log says connect", async () => {
    const refused = await koppla.partner("refused");
    await expectRefused(500, "Internal Server Error", undefined, refused);
    expect(await last(refused)).toMatchObject({ channel: "refused", state: "failed", error: "connect" });
  });
});

describe("what is refused before Open-E is asked", () => {
  const violations = async (more: Record<string, unknown>, by = partner) => {
    const response = await post(more, by);
    const body: { title?: string; violations?: unknown } = JSON.parse(await response.text());
    expect(openE.calls).toEqual([]);
    return { status: response.status, title: body.title, violations: body.violations };
  };
  const numeric = {
    ...{ status: 400, title: "Constraint Violation" },
    violations: [
      {
        field: "externalReferences",
        message: "element with key 'flowInstanceId' must have value of numeric type",
      },
    ],
  };

  test.each(["356t4r34f1068", "-1", "1.5", "0x10", " 12", "١٢", "2147483648", "99999999999999999999"])(
    "a flowInstanceId of %p: 400",
    async (value) => {
      expect(await violations({ externalReferences: [{ key: "FlowInstanceId", value }] })).toEqual(numeric);
    },
  );

  test("the same where the organisation has no Open-E", async () => {
    const elsewhere = await koppla.partner("elsewhere");
    const externalReferences = [{ key: "flowInstanceId", value: "x1" }];
    expect(await violations({ externalReferences }, elsewhere)).toEqual(numeric);
    expect((await post({}, elsewhere)).status).toBe(201);
    expect(openE.calls).toEqual([]);
  });

  test("the largest case number is taken", async () => {
    expect(
      (await post({ externalReferences: [{ key: "flowInstanceId", value: "2147483647" }] })).status,
    ).toBe(201);
  });

  test("an empty message: 400", async () => {
    const expected = { field: "message", message: "must not be empty" };
    for (const message of ["", undefined]) {
      expect(await violations({ message })).toMatchObject({ status: 400, violations: [expected] });
    }
  });

  test("an instance that there is not: 400, also of a message that does not go there", async () => {
    const expected = { field: "oepInstance", message: "instance can only be 'internal' or 'external'" };
    expect(await violations({ oepInstance: "elsewhere" })).toMatchObject({
      status: 400,
      violations: [expected],
    });
    const externalReferences = [{ key: "caseId", value: "12345" }];
    expect(await violations({ oepInstance: "x", externalReferences })).toMatchObject({ status: 400 });
  });

  test("with the rule relaxed, a case number that is none goes to Open-E", async () => {
    const relaxed = await koppla.account("refused");
    const externalReferences = [{ key: "flowInstanceId", value: "356t4r34f1068" }];
    // Nobody listens there: that it was tried is what the answer says.
    expect((await post({ externalReferences }, relaxed)).status).toBe(500);
  });
});

test("the log has no password, and no text of a message", async () => {
  openE.script(() => fault("AccessDeniedFault", "Access denied"));
  await post({ message: "c4nary-text" });
  expect(koppla.log.text()).not.toMatch(/c4nary-(?:open-e|inside|text)/);
  expect(koppla.log.text()).toContain("AccessDeniedFault");
});
