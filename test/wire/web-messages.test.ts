/** S3 on the wire: the public service's own example requests, its validation messages, and what it answers. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "../binary/harness.ts";
import { EXAMPLE, PARTY, sendMessage, type SentMessage } from "../binary/messages.ts";
import type { Partner } from "../binary/partner.ts";

let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  koppla = await startKoppla();
  partner = await koppla.partner("sundsvall");
});
afterAll(() => koppla.dispose());

interface Problem {
  title: string;
  status: number;
  detail?: string;
  violations?: { field: string; message: string }[];
}

interface Message {
  id: string;
  created: string;
  [member: string]: unknown;
}

const problemOf = async (response: Response): Promise<Problem> => {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem: Problem = JSON.parse(await response.text());
  return problem;
};

/** What is wrong with a message, as `field: message`. */
async function violations(changes: SentMessage): Promise<string[]> {
  const response = await partner.post("/webmessages", { ...EXAMPLE, ...changes });
  expect(response.status).toBe(400);
  const { title, status, violations: found = [] } = await problemOf(response);
  expect({ title, status }).toEqual({ title: "Constraint Violation", status: 400 });
  return found.map(({ field, message }) => `${field}: ${message}`);
}

const file = (changes: Record<string, unknown> = {}) => [{ ...EXAMPLE.attachments[0], ...changes }];
const reference = (key: unknown, value: unknown) => ({ externalReferences: [{ key, value }] });

const EMPTY = "externalReferences: can not be empty or contain elements with empty keys or values";
const NOT_NUMERIC = "externalReferences: element with key 'flowInstanceId' must have value of numeric type";
const NOT_BASE64 = "attachments[0].base64Data: not a valid BASE64-encoded string";
const TOO_LARGE = "attachments[0].base64Data: attachment exceeds the maximum allowed size of 10485760 bytes";

describe("POST /webmessages", () => {
  test("answers 201 with where the message is and no body", async () => {
    const response = await partner.post("/webmessages", EXAMPLE);
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toMatch(
      /^https:\/\/koppla\.example\/webmessages\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    );
    expect(await response.text()).toBe("");
  });

  test("takes the apikey header, and an access token of OAuth 2.0", async () => {
    const client = { authorization: `Basic ${btoa(`${partner.clientId}:${partner.token}`)}` };
    const form = new URLSearchParams({ grant_type: "client_credentials" });
    const login = await fetch(`${koppla.url}/oauth/token`, { method: "POST", headers: client, body: form });
    const { access_token: token }: { access_token: string } = JSON.parse(await login.text());
    for (const way of [{ apikey: partner.token }, { authorization: `Bearer ${token}` }]) {
      const { status } = await fetch(`${koppla.url}/webmessages`, {
        method: "POST",
        headers: { "content-type": "application/json", ...way },
        body: JSON.stringify(EXAMPLE),
      });
      expect([Object.keys(way), status]).toEqual([Object.keys(way), 201]);
    }
  });

  test("needs webmessages:write, reading webmessages:read, removing webmessages:delete", async () => {
    const id = await sendMessage(partner);
    const may = async (grant: string) => {
      const account = await koppla.account("sundsvall", [grant]);
      const send = await account.post("/webmessages", EXAMPLE);
      const read = await account.get(`/webmessages/${id}`);
      const remove = await account.delete(`/webmessages/${crypto.randomUUID()}`);
      return [send.status, read.status, remove.status];
    };
    expect(await may("webmessages:write")).toEqual([201, 403, 403]);
    expect(await may("webmessages:read")).toEqual([403, 200, 403]);
    expect(await may("webmessages:delete")).toEqual([403, 403, 404]);
  });

  test("without a token is 401", async () => {
    expect((await fetch(`${koppla.url}/webmessages`, { method: "POST" })).status).toBe(401);
  });

  test("stores equal references once, in the order of their first", async () => {
    const references = [
      { key: "caseNumber", value: "2" },
      { key: "flowInstanceId", value: "1" },
      { key: "caseNumber", value: "2" },
    ];
    const id = await sendMessage(partner, { ...EXAMPLE, externalReferences: references });
    const message = await partner.read<Message>(`/webmessages/${id}`);
    expect(message["externalReferences"]).toEqual(references.slice(0, 2));
  });

  test("finds the MIME type by name, then by content; one that is sent is ignored", async () => {
    const png =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
    const id = await sendMessage(partner, {
      ...EXAMPLE,
      attachments: [
        { fileName: "letter.PDF", base64Data: png, mimeType: "text/html" },
        { fileName: "picture", base64Data: png, mimeType: "text/html" },
        { fileName: "unknown", base64Data: "AAECAw==", mimeType: "text/html" },
      ],
    });
    const { attachments } = await partner.read<{ attachments: { mimeType: string }[] }>(`/webmessages/${id}`);
    expect(attachments.map(({ mimeType }) => mimeType)).toEqual([
      "application/pdf",
      "image/png",
      "application/octet-stream",
    ]);
  });

  test("takes numbers for text and ignores members that it does not know, as the public service does", async () => {
    const body = {
      ...EXAMPLE,
      externalReferences: [{ key: "flowInstanceId", value: 356434 }],
      colour: "red",
    };
    const id = await sendMessage(partner, body);
    const message = await partner.read<Message>(`/webmessages/${id}`);
    expect(message["externalReferences"]).toEqual([{ key: "flowInstanceId", value: "356434" }]);
  });
});

describe("validation", () => {
  test.each<[string, SentMessage, string[]]>([
    ["a missing partyId", { partyId: undefined }, ["partyId: not a valid UUID"]],
    ["a partyId that is no UUID", { partyId: "81471222-5798" }, ["partyId: not a valid UUID"]],
    ["missing references", { externalReferences: undefined }, [EMPTY]],
    ["an empty list of references", { externalReferences: [] }, [EMPTY]],
    ["a blank key", reference(" ", "1"), [EMPTY]],
    ["a missing key", { externalReferences: [{ value: "1" }] }, [EMPTY]],
    ["an empty value", reference("caseNumber", ""), [EMPTY]],
    ["a reference that is null", { externalReferences: [null] }, [EMPTY]],
    ["a flowInstanceId that is no number", reference("flowInstanceId", "356t4r34f1068"), [NOT_NUMERIC]],
    ["a FLOWINSTANCEID that is no number", reference("FLOWINSTANCEID", "1.5"), [NOT_NUMERIC]],
    ["a flowInstanceId above 2147483647", reference("flowInstanceId", "2147483648"), [NOT_NUMERIC]],
    [
      "a missing file name",
      { attachments: file({ fileName: undefined }) },
      ["attachments[0].fileName: must not be blank"],
    ],
    [
      "a blank file name",
      { attachments: file({ fileName: "  " }) },
      ["attachments[0].fileName: must not be blank"],
    ],
    ["missing data", { attachments: file({ base64Data: undefined }) }, [NOT_BASE64]],
    ["data that are no base64", { attachments: file({ base64Data: "not base64!" }) }, [NOT_BASE64]],
    [
      "eleven attachments",
      { attachments: Array.from({ length: 11 }, () => file()[0]) },
      ["attachments: size must be between 0 and 10"],
    ],
    [
      "everything at once, in order of field name",
      { partyId: "x", externalReferences: [], attachments: file({ fileName: "", base64Data: "?" }) },
      [NOT_BASE64, "attachments[0].fileName: must not be blank", EMPTY, "partyId: not a valid UUID"],
    ],
  ])("refuses %s", async (_, changes, expected) => {
    expect(await violations(changes)).toEqual(expected);
  });

  test("takes a flowInstanceId of 2147483647, and a message without text or attachments", async () => {
    const id = await sendMessage(partner, { partyId: PARTY, ...reference("flowInstanceId", "2147483647") });
    const message = await partner.read<Message>(`/webmessages/${id}`);
    expect(Object.keys(message)).toEqual(["id", "partyId", "externalReferences", "created", "attachments"]);
    expect(message["attachments"]).toEqual([]);
  });

  test("takes ten attachments of exactly 10485760 bytes, and gives them back as they were", async () => {
    const bytes = new Uint8Array(10_485_760);
    crypto.getRandomValues(bytes.subarray(0, 65_536));
    const data = Buffer.from(bytes).toString("base64");
    const attachments = Array.from({ length: 10 }, (_, n) => ({ fileName: `${n}.bin`, base64Data: data }));
    // In no list that others read.
    const apart = { partyId: crypto.randomUUID(), ...reference("caseNumber", crypto.randomUUID()) };
    const id = await sendMessage(partner, { ...EXAMPLE, ...apart, attachments });
    const message = await partner.read<{ attachments: { base64Data: string }[] }>(`/webmessages/${id}`);
    expect(message.attachments.map(({ base64Data }) => base64Data === data)).toEqual(Array(10).fill(true));
  });

  test("refuses an attachment of 10485761 bytes", async () => {
    const data = Buffer.alloc(10_485_761).toString("base64");
    expect(await violations({ attachments: file({ base64Data: data }) })).toEqual([TOO_LARGE]);
  });
});

describe("GET and DELETE", () => {
  test("give a message with the members of the public service, in its order", async () => {
    const id = await sendMessage(partner);
    const text = await (await partner.get(`/webmessages/${id}`)).text();
    const created = /"created":"([^"]*)"/.exec(text)?.[1] ?? "";
    expect(new Date(created).toISOString()).toBe(created);
    expect(text).toBe(
      `{"id":"${id}","partyId":"${PARTY}","message":"This is a message",` +
        `"externalReferences":[{"key":"caseNumber","value":"356434"}],"created":"${created}",` +
        `"attachments":[{"fileName":"test.pdf","base64Data":"JVBERi0xLjc=","mimeType":"application/pdf"}]}`,
    );
  });

  test("list the messages of a party and of a reference in order of creation, and none as an empty list", async () => {
    const partyId = crypto.randomUUID();
    const value = crypto.randomUUID();
    const externalReferences = [{ key: "caseNumber", value }];
    const ids: string[] = [];
    for (let n = 0; n < 3; n++)
      ids.push(await sendMessage(partner, { ...EXAMPLE, partyId, externalReferences }));
    const paths = [`recipients/${partyId}`, `external-references/caseNumber/${value}`];
    for (const path of [...paths, `recipients/${partyId.toUpperCase()}`]) {
      const list = await partner.read<Message[]>(`/webmessages/${path}`);
      expect(list.map(({ id }) => id)).toEqual(ids);
    }
    for (const path of [`recipients/${crypto.randomUUID()}`, "external-references/caseNumber/none"])
      expect(await partner.read<Message[]>(`/webmessages/${path}`)).toEqual([]);
  });

  test("list more messages than fit into one page of the database", async () => {
    const partyId = crypto.randomUUID();
    const many = Array.from({ length: 250 }, () => sendMessage(partner, { ...EXAMPLE, partyId }));
    const sent = await Promise.all(many);
    const list = await partner.read<Message[]>(`/webmessages/recipients/${partyId}`);
    expect(list.map(({ id }) => id).sort()).toEqual(sent.sort());
    expect(list.map(({ created }) => created)).toEqual(list.map(({ created }) => created).sort());
  });

  test("find references whose value needs encoding in a path", async () => {
    const value = "2026/001 å%?#";
    const id = await sendMessage(partner, { ...EXAMPLE, ...reference("caseNumber", value) });
    const path = `/webmessages/external-references/caseNumber/${encodeURIComponent(value)}`;
    expect((await partner.read<Message[]>(path)).map((one) => one.id)).toEqual([id]);
  });

  test("remove a message: 204 without a body, and then it is nowhere", async () => {
    const partyId = crypto.randomUUID();
    const id = await sendMessage(partner, { ...EXAMPLE, partyId });
    const removed = await partner.delete(`/webmessages/${id}`);
    expect([removed.status, await removed.text()]).toEqual([204, ""]);
    expect((await partner.get(`/webmessages/${id}`)).status).toBe(404);
    expect((await partner.delete(`/webmessages/${id}`)).status).toBe(404);
    expect(await partner.read<Message[]>(`/webmessages/recipients/${partyId}`)).toEqual([]);
  });

  test("answer 404 in the words of the public service, also for another organisation's message", async () => {
    const other = await koppla.partner("elsewhere");
    const foreign = await sendMessage(other);
    for (const id of [foreign, crypto.randomUUID()])
      for (const method of ["GET", "DELETE"]) {
        const response = await partner.api(`/webmessages/${id}`, { method });
        expect(await problemOf(response)).toEqual({
          title: "Not Found",
          status: 404,
          detail: `WebMessage with id '${id}' not found`,
        });
      }
    expect((await other.get(`/webmessages/${foreign}`)).status).toBe(200);
    const lists = [`recipients/${PARTY}`, "external-references/caseNumber/356434"];
    for (const path of lists) {
      const list = await partner.read<Message[]>(`/webmessages/${path}`);
      expect(list.map(({ id }) => id)).not.toContain(foreign);
    }
  });

  test.each([
    ["GET", "nope", "getWebMessageById.id", "not a valid UUID"],
    ["DELETE", "nope", "deleteWebMessageById.id", "not a valid UUID"],
    ["GET", "recipients/nope", "getWebMessagesByPartyId.partyId", "not a valid UUID"],
    [
      "GET",
      "external-references/ab/1234",
      "getWebMessagesByExternalReference.key",
      "size must be between 3 and 128",
    ],
    [
      "GET",
      `external-references/key/${"a".repeat(129)}`,
      "getWebMessagesByExternalReference.value",
      "size must be between 3 and 128",
    ],
  ])("%s %s is a violation of %s", async (method, path, field, message) => {
    const response = await partner.api(`/webmessages/${path}`, { method });
    expect(response.status).toBe(400);
    expect((await problemOf(response)).violations).toEqual([{ field, message }]);
  });
});
