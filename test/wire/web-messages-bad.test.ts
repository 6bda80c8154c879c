/** Messages as nobody should send them: what is refused, what is taken, and that the server goes on. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { join } from "node:path";

import { eventually } from "../binary/eventually.ts";
import { type Koppla, onPostgres, startKoppla } from "../binary/harness.ts";
import { EXAMPLE, PARTY, sendMessage, type SentMessage } from "../binary/messages.ts";
import type { Partner } from "../binary/partner.ts";

let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  koppla = await startKoppla();
  partner = koppla.demo;
});
afterAll(async () => {
  // Whatever came, nothing was a fault of the server.
  expect(koppla.log.text()).not.toContain("request failed");
  await koppla.dispose();
});

const post = (body: string | Buffer, type = "application/json") =>
  partner.api("/webmessages", { method: "POST", body, headers: { "content-type": type } });

const withFile = (attachment: Record<string, unknown>): SentMessage => ({
  ...EXAMPLE,
  attachments: [{ fileName: "a.bin", base64Data: "AAEC", ...attachment }],
});

const statusOf = async (message: SentMessage) => (await partner.post("/webmessages", message)).status;

describe("base64", () => {
  const taken: [string, string, string][] = [
    ["is taken with padding", "AA==", "AA=="],
    ["is taken without padding", "AA", "AA=="],
    ["is taken when it is of nothing", "", ""],
    ["is taken with slashes escaped, as PHP does", String.raw`\/\/\/\/`, "////"],
    ["is taken with letters escaped", String.raw`\u0041AEC`, "AAEC"],
  ];
  test.each(taken)("%s", async (_, data, expected) => {
    const text = JSON.stringify(withFile({ base64Data: "@" })).replace("@", data);
    const response = await post(text);
    expect(response.status).toBe(201);
    const id = response.headers.get("location")?.split("/").at(-1) ?? "";
    const { attachments } = await partner.read<{ attachments: unknown[] }>(`/webmessages/${id}`);
    expect(attachments).toEqual([
      { fileName: "a.bin", base64Data: expected, mimeType: "application/octet-stream" },
    ]);
  });

  test.each([
    ["with a space", "AAE C"],
    ["with line ends", "AAEC\r\nAAEC"],
    ["with tabs", "AA\tEC"],
    ["in the alphabet for URLs", "-_-_"],
    ["with too much padding", "AAEC="],
    ["with padding in the middle", "AA==AAEC"],
    ["of an impossible length", "AAECA"],
    ["with NUL", "AAE\0"],
    ["with an emoji", "AAE🎉"],
  ])("is refused %s", async (_, base64Data) => {
    expect(await statusOf(withFile({ base64Data }))).toBe(400);
  });

  test("whose name is written with escapes is data all the same", async () => {
    const text = JSON.stringify(withFile({})).replace("base64Data", String.raw`base64\u0044ata`);
    expect((await post(text)).status).toBe(201);
  });

  test("with line ends that are not escaped is no JSON", async () => {
    const text = JSON.stringify(withFile({ base64Data: "@" })).replace("@", "AA\nEC");
    expect((await post(text)).status).toBe(400);
  });
});

describe("file names", () => {
  test.each([
    ["a path", "folder/letter.pdf", "letter.pdf"],
    ["a way out of the folder", "../../etc/passwd", "passwd"],
    ["a path of Windows", String.raw`C:\temp\letter.pdf`, "letter.pdf"],
    ["two dots", "..", "attachment"],
    ["an emoji", "🎉.txt", "__.txt"],
    ["quotes and semicolons", `a"; filename="b.exe`, "a__ filename=_b.exe"],
  ])("with %s are kept, and harmless where they are a file's", async (_, fileName, ascii) => {
    const id = await sendMessage(partner, withFile({ fileName }));
    const { attachments } = await partner.read<{ attachments: { fileName: string }[] }>(`/webmessages/${id}`);
    expect(attachments[0]?.fileName).toBe(fileName);
    const raw = await partner.get(`/webmessages/${id}/attachments/0`);
    const [, plain, extended] =
      /^attachment; filename="([^"]*)"; filename\*=UTF-8''([A-Za-z0-9%._~-]*)$/.exec(
        raw.headers.get("content-disposition") ?? "",
      ) ?? [];
    expect(plain?.replaceAll(";", "_")).toBe(ascii);
    expect(decodeURIComponent(extended ?? "")).not.toMatch(/[/\\"]|^\.\.$/);
  });

  test.each([
    ["empty", ""],
    ["of white space", " \t"],
    ["with NUL", "a\0.txt"],
    ["with a line end", "a\r\nSet-Cookie: b"],
    ["of 1000 characters", "a".repeat(1_000)],
    ["with half a surrogate pair", "a\ud83c.txt"],
  ])("are refused when they are %s", async (_, fileName) => {
    expect(await statusOf(withFile({ fileName }))).toBe(400);
  });
});

describe("references and texts", () => {
  const references = (count: number) => ({
    ...EXAMPLE,
    externalReferences: Array.from({ length: count }, (_, n) => ({ key: "caseNumber", value: `${n}` })),
  });
  const flowInstance = (value: string) => ({
    ...EXAMPLE,
    externalReferences: [{ key: "flowInstanceId", value }],
  });

  test("a thousand references are taken, ten thousand are not", async () => {
    expect(await statusOf(references(1_000))).toBe(201);
    expect(await statusOf(references(10_000))).toBe(400);
  });

  test.each(["-1", "+1", "1e3", "0x10", "1 ", "١٢٣", "99999999999999999999"])(
    "the case number %p is refused",
    async (value) => {
      expect(await statusOf(flowInstance(value))).toBe(400);
    },
  );

  test("a value too long to be looked up is kept", async () => {
    const value = "v".repeat(5_000);
    const id = await sendMessage(partner, { ...EXAMPLE, externalReferences: [{ key: "note", value }] });
    const message = await partner.read<{ externalReferences: unknown }>(`/webmessages/${id}`);
    expect(message.externalReferences).toEqual([{ key: "note", value }]);
  });

  test("a message of a million characters is taken and given back", async () => {
    const message = "Åäö🎉".repeat(200_000);
    const id = await sendMessage(partner, { ...EXAMPLE, message });
    expect((await partner.read<{ message: string }>(`/webmessages/${id}`)).message).toBe(message);
  });

  test.each([
    ["NUL", "a\0b"],
    ["half a surrogate pair", "a\ud83c"],
  ])("a message with %s is refused", async (_, message) => {
    expect(await statusOf({ ...EXAMPLE, message })).toBe(400);
  });
});

describe("bodies", () => {
  test.each([
    ["nothing", ""],
    ["no JSON", "nope"],
    ["half of it", JSON.stringify(EXAMPLE).slice(0, -20)],
    ["more behind it", `${JSON.stringify(EXAMPLE)}}`],
    ["data with more behind them", JSON.stringify(EXAMPLE).replace('"JVBERi0xLjc="', '"JVBERi0xLjc="5')],
    ["a list", "[]"],
    ["null", "null"],
    ["a number where an object is wanted", JSON.stringify({ ...EXAMPLE, attachments: [7] })],
    ["an object where text is wanted", JSON.stringify({ ...EXAMPLE, message: {} })],
    ["a thousand levels", `{"a":${"[".repeat(1_000)}${"]".repeat(1_000)}}`],
  ])("of %s are refused", async (_, body) => {
    const response = await post(body);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      400,
      "application/problem+json",
    ]);
  });

  test("that are not UTF-8 are refused", async () => {
    const latin1 = Buffer.from(JSON.stringify({ ...EXAMPLE, message: "Åäö" }), "latin1");
    expect((await post(latin1)).status).toBe(400);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/xml"])(
    "of the kind %s are refused with what is taken",
    async (type) => {
      const response = await post(JSON.stringify(EXAMPLE), type);
      expect([response.status, response.headers.get("accept")]).toEqual([
        415,
        "application/json, multipart/form-data",
      ]);
    },
  );

  test("of more text than server.limits.body are refused, however the attachments are", async () => {
    const message = "a".repeat(33 * 2 ** 20);
    expect(await statusOf({ ...EXAMPLE, message })).toBe(413);
  });

  test("larger than web_messages.body are refused, announced or not", async () => {
    await using small = await startKoppla({ config: { web_messages: { body: "1MB" } } });
    const body = JSON.stringify(withFile({ base64Data: "A".repeat(2 ** 21) }));
    const headers = { "content-type": "application/json" };
    const announced = await small.demo.api("/webmessages", { method: "POST", body, headers });
    expect(announced.status).toBe(413);
    const chunks = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(body));
        controller.close();
      },
    });
    const chunked = await small.demo.api("/webmessages", { method: "POST", body: chunks, headers });
    expect(chunked.status).toBe(413);
    expect((await small.demo.post("/webmessages", EXAMPLE)).status).toBe(201);
  });

  test("that come too slowly are answered 408", async () => {
    await using hasty = await startKoppla({ config: { web_messages: { request_timeout: "200ms" } } });
    const never = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('{"partyId":'));
      },
    });
    const headers = { "content-type": "application/json" };
    const response = await hasty.demo.api("/webmessages", { method: "POST", body: never, headers });
    expect(response.status).toBe(408);
  });

  test.skipIf(onPostgres)("that are refused or broken off leave nothing behind, at once", async () => {
    await using fresh = await startKoppla();
    const attachments = [{ fileName: "a.bin", base64Data: "A".repeat(4_000_000) }];
    const body = JSON.stringify({ partyId: crypto.randomUUID(), externalReferences: [], attachments });
    const chunks = () => {
      const db = new Database(join(fresh.dir, "data/koppla.db"), { readonly: true });
      const { n } = db.query<{ n: number }, []>("select count(*) as n from blob_chunks").get() ?? { n: NaN };
      db.close();
      return n;
    };
    const headers = { "content-type": "application/json" };
    expect((await fresh.demo.api("/webmessages", { method: "POST", body, headers })).status).toBe(400);

    const { hostname, port } = new URL(fresh.url);
    const socket = connect(Number(port), hostname);
    const head = ["POST /webmessages HTTP/1.1", "host: x", `apikey: ${fresh.demo.token}`];
    const lines = [...head, "content-type: application/json", `content-length: ${body.length}`, "", ""];
    socket.write(lines.join("\r\n") + body.slice(0, 3_000_000));
    await eventually("some of it is in the database", async () => (chunks() > 0 ? true : undefined));
    socket.destroy();
    await eventually("none of it is in the database", async () => (chunks() === 0 ? true : undefined));
  });
});

describe("forms", () => {
  const form = (change: (form: FormData) => void = () => {}) => {
    const made = new FormData();
    made.set("partyId", PARTY);
    made.set("message", "Åäö 🎉");
    made.append("externalReferences", JSON.stringify({ key: "caseNumber", value: "7 8" }));
    made.append("externalReferences", JSON.stringify([{ key: "other", value: "abc" }]));
    made.append("attachments", new File([new Uint8Array([0, 1, 2])], "å.pdf"));
    made.append("attachments", new File([], "empty.txt"));
    change(made);
    return partner.api("/webmessages", { method: "POST", body: made });
  };

  test("are taken with their files as they are", async () => {
    const response = await form();
    expect(response.status).toBe(201);
    const id = response.headers.get("location")?.split("/").at(-1) ?? "";
    expect(await partner.read<object>(`/webmessages/${id}`)).toMatchObject({
      partyId: PARTY,
      message: "Åäö 🎉",
      externalReferences: [
        { key: "caseNumber", value: "7 8" },
        { key: "other", value: "abc" },
      ],
      attachments: [
        { fileName: "å.pdf", base64Data: "AAEC", mimeType: "application/pdf" },
        { fileName: "empty.txt", base64Data: "", mimeType: "text/plain" },
      ],
    });
  });

  test.each<[string, (form: FormData) => void, string]>([
    ["a party that is none", (made) => made.set("partyId", "x"), "partyId"],
    [
      "eleven files",
      (made) => {
        for (let n = 0; n < 9; n++) made.append("attachments", new File(["a"], `${n}`));
      },
      "attachments",
    ],
    [
      "a file of 10485761 bytes",
      (made) => made.append("attachments", new File([new Uint8Array(10_485_761)], "large")),
      "attachments[2].base64Data",
    ],
    ["no references", (made) => made.delete("externalReferences"), "externalReferences"],
  ])("with %s are refused as JSON is", async (_, change, field) => {
    const response = await form(change);
    expect(response.status).toBe(400);
    const { violations }: { violations: { field: string }[] } = JSON.parse(await response.text());
    expect(violations.map((one) => one.field)).toContain(field);
  });

  test.each<[string, (form: FormData) => void]>([
    ["a file in another part", (made) => made.append("file", new File(["a"], "a"))],
    ["references that are no JSON", (made) => made.append("externalReferences", "caseNumber=7")],
    ["a field twice", (made) => made.append("message", "again")],
  ])("with %s are malformed", async (_, change) => {
    expect((await form(change)).status).toBe(400);
  });

  test.each([
    ["that do not end", '--x\r\ncontent-disposition: form-data; name="partyId"\r\n\r\nabc', "boundary=x"],
    ["without a boundary", "--x--", "charset=utf-8"],
    ["of nothing", "", "boundary=x"],
  ])("%s are malformed", async (_, body, parameter) => {
    expect((await post(body, `multipart/form-data; ${parameter}`)).status).toBe(400);
  });
});
