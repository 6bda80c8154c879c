import { describe, expect, test } from "bun:test";

import { TopicCatalogue } from "../changes/topics.ts";
import { grantVocabulary } from "../grants/vocabulary.ts";
import { AddressRules } from "../outgoing/addresses.ts";
import { TargetGuard } from "../outgoing/guard.ts";
import { Problem } from "../problem.ts";
import { type NewReceiver, parseNewReceiver, parseReceiverPatch, type ReceiverPatch } from "./input.ts";

const rules = {
  topics: new TopicCatalogue(["trainings", "institutes"]),
  vocabulary: grantVocabulary({
    types: {
      trainings: {
        filters: ["institute_id", "city"],
        schema: { properties: { institute_id: { type: "integer" }, city: { type: "string" } } },
      },
      institutes: {},
    },
    actions: {},
  }),
  webhooks: { retrySchedules: { table: { steps: [3_600_000], then: "fail" as const } } },
  guard: new TargetGuard({
    rules: new AddressRules(["10.0.0.1", "::1"]),
    lookup: () => Promise.resolve([]),
  }),
};
const url = "https://partner.example/hooks";
const good = { name: "Course site", url, topics: ["Trainings.*"] };
/** A key of 32 bytes. */
const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

const oauth2 = {
  ...{ protocol: "oauth2", token_url: "https://login.example/token", client_id: "c", client_secret: "s" },
};

const parse = (more: Record<string, unknown> = {}): NewReceiver =>
  parseNewReceiver({ ...good, ...more }, rules, "acc_caller");
const patch = (
  body: unknown,
  current: Partial<Parameters<typeof parseReceiverPatch>[1]> = {},
): ReceiverPatch =>
  parseReceiverPatch(
    body,
    {
      ...{
        url,
        topics: ["Trainings.*"],
        bundle: {},
        headers: {},
        metadata: {},
        contentFilter: {},
        tls: null,
      },
      ...current,
    },
    rules,
  );

/** What is wrong: fields and messages. */
function violations(fn: () => unknown): { field: string; message: string }[] {
  try {
    fn();
  } catch (error) {
    if (error instanceof Problem && error.code === "invalid") return [...error.violations];
    throw error;
  }
  return [];
}

const repeat = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));

test("what is not said has its default, and a secret is made", () => {
  const { secret: made, ...rest } = parse();
  expect(made).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(rest).toEqual({
    ...good,
    account: "acc_caller",
    description: "",
    format: "changes",
    payload: "thin",
    auth: { protocol: "none" },
    bundle: {},
    retry: "table",
    headers: {},
    metadata: {},
    contact: null,
    contentFilter: {},
    ordered: false,
    rate: null,
    whileDisabled: "keep",
    signature: "v1",
    tls: null,
    enabled: true,
    start: "now",
  });
});

test("what is said is kept as it was written", () => {
  const said = {
    name: "n",
    url: "http://10.0.0.1:8080/in?key=1",
    description: "two\nlines",
    topics: ["Trainings.Update", "Institutes.*"],
    format: "event" as const,
    payload: "full" as const,
    auth: { protocol: "websub" as const, secret: " kept with its spaces ", method: "sha512" as const },
    secret,
    bundle: { quiet: "0s", longest: "1d", size: 10_000 },
    retry: { steps: ["1s", "90m", "30d"], then: "repeat" as const },
    headers: { "x-tenant": "7" },
    metadata: { "Our name": "Kurser" },
    contact: "hooks@partner.example",
    ordered: true,
    rate: { requests: 10, window: "1s" },
    signature: "v1a" as const,
    enabled: false,
    start: "beginning" as const,
  };
  const named = {
    account_id: "acc_other",
    while_disabled: "drop",
    content_filter: { institute_id: [1, 2, 2] },
  };
  expect(parse({ ...said, ...named })).toEqual({
    ...said,
    ...{ account: "acc_other", whileDisabled: "drop", contentFilter: { institute_id: [1, 2] }, tls: null },
  });
});

describe("a receiver is taken with", () => {
  const taken: [string, Record<string, unknown>, Partial<NewReceiver>][] = [
    ["every topic", { topics: ["*"] }, { topics: ["*"] }],
    ["a topic named twice, once", { topics: ["*", "*"] }, { topics: ["*"] }],
    ["a part of a bundle", { bundle: { size: 1 } }, { bundle: { size: 1 } }],
    [
      "a quiet time above the longest wait: the wait ends it",
      { bundle: { quiet: "60s", longest: "400ms" } },
      {},
    ],
    ["steps alone", { retry: { steps: ["1s"] } }, { retry: { steps: ["1s"], then: "fail" } }],
    ["header names in any case", { headers: { "X-Tenant": "a b" } }, { headers: { "x-tenant": "a b" } }],
    ["basic", { auth: { protocol: "basic", username: "u", password: "p:p" } }, {}],
    ["bearer", { auth: { protocol: "bearer", token: "abc.def==" } }, {}],
    [
      "websub by default with sha256",
      { auth: { protocol: "websub", secret: "s" } },
      { auth: { protocol: "websub", secret: "s", method: "sha256" } },
    ],
    [
      "oauth2 by default with the client in the header",
      { auth: oauth2 },
      {
        auth: {
          ...{
            protocol: "oauth2",
            tokenUrl: "https://login.example/token",
            clientId: "c",
            clientSecret: "s",
          },
          clientAuth: "basic",
        },
      },
    ],
    [
      "oauth2 with everything",
      { auth: { ...oauth2, scope: "a b", audience: "https://api.example", client_auth: "post" } },
      {
        auth: {
          ...{
            protocol: "oauth2",
            tokenUrl: "https://login.example/token",
            clientId: "c",
            clientSecret: "s",
          },
          ...{ scope: "a b", audience: "https://api.example", clientAuth: "post" },
        },
      },
    ],
    ["cloudevents", { format: "cloudevents" }, { format: "cloudevents" }],
    ["no rate, no contact, no certificates", { rate: null, contact: null, tls: null }, { rate: null }],
    ["no filter", { content_filter: null }, { contentFilter: {} }],
    ["a filter on one of its types", { topics: ["*"], content_filter: { city: ["Umeå"] } }, {}],
    ["the server's own topics", { topics: ["Accounts.*", "Receivers.Disable"] }, {}],
    ["an IPv6 host", { url: "http://[::1]:9/x" }, {}],
    ["50 steps", { retry: { steps: repeat(50, () => "1s") } }, {}],
    ["20 headers", { headers: Object.fromEntries(repeat(20, (i) => [`x-${i}`, "v"])) }, {}],
  ];
  test.each(taken)("%s", (_, more, expected) => {
    expect(parse(more)).toMatchObject(expected);
  });
});

describe("a receiver is refused with", () => {
  const refused: [string, Record<string, unknown>, string][] = [
    ["an unknown member", { nonesuch: 1 }, "nonesuch"],
    ["an id of the caller's choice", { id: "mine" }, "id"],
    ["an empty name", { name: " " }, "name"],
    ["a name of 201 characters", { name: "n".repeat(201) }, "name"],
    ["a name that is a number", { name: 7 }, "name"],
    ["a description that is null", { description: null }, "description"],
    ["a URL that is none", { url: "not a url" }, "url"],
    ["a URL of another scheme", { url: "ftp://127.0.0.1/x" }, "url"],
    ["a file URL", { url: "file:///etc/passwd" }, "url"],
    ["a relative URL", { url: "/hooks" }, "url"],
    ["a URL without host", { url: "http:///hooks" }, "url"],
    ["an address that is not allowed", { url: "https://10.0.0.2/" }, "url"],
    [
      "a metadata service for its tokens",
      { auth: { ...oauth2, token_url: "http://169.254.169.254/" } },
      "auth.token_url",
    ],
    ["a URL with a user", { url: "https://user:pw@partner.example/" }, "url"],
    ["a URL with an empty user", { url: "https://@partner.example/" }, "url"],
    ["a URL with a fragment", { url: `${url}#part` }, "url"],
    ["a URL with an empty fragment", { url: `${url}#` }, "url"],
    ["a URL with a line break", { url: "https://partner.example/a\nb" }, "url"],
    ["a URL with a backslash", { url: "https://partner.example\\@evil.example/" }, "url"],
    ["a URL of 2001 characters", { url: `${url}/${"x".repeat(2_000 - url.length)}` }, "url"],
    ["no topic", { topics: [] }, "topics"],
    ["topics as text", { topics: "*" }, "topics"],
    ["a topic that is none", { topics: ["*", "Nonesuch.Update"] }, "topics[1]"],
    ["101 topics", { topics: repeat(101, () => "*") }, "topics"],
    ["an unknown format", { format: "xml" }, "format"],
    ["an unknown payload", { payload: "fat" }, "payload"],
    ["auth as text", { auth: "none" }, "auth"],
    ["auth without protocol", { auth: {} }, "auth.protocol"],
    ["an unknown protocol", { auth: { protocol: "digest" } }, "auth.protocol"],
    ["oauth2 without its URL", { auth: { ...oauth2, token_url: undefined } }, "auth.token_url"],
    ["oauth2 with a URL that is none", { auth: { ...oauth2, token_url: "login.example" } }, "auth.token_url"],
    [
      "oauth2 without a secret",
      { auth: { protocol: "oauth2", token_url: url, client_id: "c" } },
      "auth.client_secret",
    ],
    ["oauth2 with a scope of two spaces", { auth: { ...oauth2, scope: "a  b" } }, "auth.scope"],
    ["oauth2 with another way", { auth: { ...oauth2, client_auth: "jwt" } }, "auth.client_auth"],
    ["metadata that is no text", { metadata: { a: 1 } }, "metadata.a"],
    [
      "metadata of 51 members",
      { metadata: Object.fromEntries(repeat(51, (i) => [`m${i}`, "v"])) },
      "metadata",
    ],
    ["a contact that is no address", { contact: "nobody" }, "contact"],
    ["a contact with a line break", { contact: "a@b.example\r\nbcc: c@d.example" }, "contact"],
    ["a filter on a field that is none", { content_filter: { price: [1] } }, "content_filter.price"],
    [
      "a filter on a field of another type",
      { topics: ["Institutes.*"], content_filter: { city: ["x"] } },
      "content_filter.city",
    ],
    ["ordered as text", { ordered: "yes" }, "ordered"],
    ["a rate of none", { rate: { requests: 0, window: "1s" } }, "rate.requests"],
    ["a rate without window", { rate: { requests: 1 } }, "rate.window"],
    ["a rate's window below a second", { rate: { requests: 1, window: "10ms" } }, "rate.window"],
    ["an unknown fate of what comes while it is off", { while_disabled: "queue" }, "while_disabled"],
    ["an unknown signature", { signature: "v2" }, "signature"],
    ["certificates that are none", { tls: { ca: "x" } }, "tls.ca"],
    ["none with a secret", { auth: { protocol: "none", secret: "s" } }, "auth.secret"],
    ["websub without secret", { auth: { protocol: "websub" } }, "auth.secret"],
    [
      "websub with a secret of 200 bytes",
      { auth: { protocol: "websub", secret: "å".repeat(100) } },
      "auth.secret",
    ],
    [
      "websub with an unknown method",
      { auth: { protocol: "websub", secret: "s", method: "md5" } },
      "auth.method",
    ],
    ["basic without password", { auth: { protocol: "basic", username: "u" } }, "auth.password"],
    [
      "basic with a colon in the user",
      { auth: { protocol: "basic", username: "u:v", password: "p" } },
      "auth.username",
    ],
    ["a bearer token with a line break", { auth: { protocol: "bearer", token: "a\r\nb: c" } }, "auth.token"],
    [
      "a bearer token of 4001 characters",
      { auth: { protocol: "bearer", token: "x".repeat(4_001) } },
      "auth.token",
    ],
    ["a secret without its prefix", { secret: secret.slice(6) }, "secret"],
    ["a secret that is too short", { secret: "whsec_c2hvcnQ=" }, "secret"],
    ["an unknown member deep inside", { bundle: { nonesuch: 1 } }, "bundle.nonesuch"],
    ["a duration without unit", { bundle: { quiet: "5" } }, "bundle.quiet"],
    ["a duration below zero", { bundle: { quiet: "-5s" } }, "bundle.quiet"],
    ["a wait of more than a day", { bundle: { longest: "25h" } }, "bundle.longest"],
    ["a bundle of size 0", { bundle: { size: 0 } }, "bundle.size"],
    ["a bundle of 10 001", { bundle: { size: 10_001 } }, "bundle.size"],
    ["a bundle's size that is null", { bundle: { size: null } }, "bundle.size"],
    ["an unknown retry schedule", { retry: "nonesuch" }, "retry"],
    ["a schedule by the name of a method", { retry: "toString" }, "retry"],
    ["a schedule without steps", { retry: { then: "fail" } }, "retry.steps"],
    ["a schedule with no steps", { retry: { steps: [] } }, "retry.steps"],
    ["51 steps", { retry: { steps: repeat(51, () => "1s") } }, "retry.steps"],
    ["a step below a second", { retry: { steps: ["1s", "999ms"] } }, "retry.steps[1]"],
    ["a step of more than 30 days", { retry: { steps: ["31d"] } }, "retry.steps[0]"],
    ["an unknown end of a schedule", { retry: { steps: ["1s"], then: "stop" } }, "retry.then"],
    ["headers as a list", { headers: ["x-a: b"] }, "headers"],
    ["a header's value that is a number", { headers: { "x-a": 7 } }, "headers.x-a"],
    ["a header that would break the request", { headers: { "x-a": "b\r\nx-evil: 1" } }, "headers.x-a"],
    ["a header's value that is not ASCII", { headers: { "x-a": "å" } }, "headers.x-a"],
    ["an empty header", { headers: { "x-a": "" } }, "headers.x-a"],
    ["a header's name that is none", { headers: { "x a": "b" } }, "headers"],
    ["one header in two cases", { headers: { "x-a": "1", "X-A": "2" } }, "headers.X-A"],
    ["21 headers", { headers: Object.fromEntries(repeat(21, (i) => [`x-${i}`, "v"])) }, "headers"],
    ["enabled as text", { enabled: "yes" }, "enabled"],
    ["another start", { start: "yesterday" }, "start"],
    ["an account that is a number", { account_id: 7 }, "account_id"],
  ];
  test.each(refused)("%s", (_, more, field) => {
    expect(violations(() => parse(more)).map((violation) => violation.field)).toEqual([field]);
  });

  const reserved = [
    "Host",
    "content-type",
    "Content-Length",
    "webhook-id",
    "Webhook-Signature",
    "x-hub-signature",
    "authorization",
    "connection",
    "transfer-encoding",
    "user-agent",
    "te",
    "upgrade",
    "keep-alive",
    "proxy-authorization",
    "expect",
    "trailer",
  ];
  test.each(reserved)("the header %s, which is the program's", (name) => {
    const [violation] = violations(() => parse({ headers: { [name]: "x" } }));
    expect(violation).toEqual({ field: `headers.${name}`, message: "is a header that cannot be set" });
  });

  test("nothing that it must say, each of which is named", () => {
    expect(violations(() => parseNewReceiver({}, rules)).map(({ field }) => field)).toEqual([
      "name",
      "url",
      "topics",
      "account_id",
    ]);
  });

  test("several faults, all of which are told at once", () => {
    const bad = {
      url: "x",
      auth: { protocol: "basic", password: 1 },
      bundle: { quiet: "5", size: 0 },
      nonesuch: 1,
    };
    expect(
      violations(() => parse(bad))
        .map(({ field }) => field)
        .sort(),
    ).toEqual(["auth.password", "auth.username", "bundle.quiet", "bundle.size", "nonesuch", "url"]);
  });

  test("a secret that is wrong, which no message repeats", () => {
    const canary = "canary\u0000secret";
    const all = [
      { secret: `whsec_${canary}` },
      { auth: { protocol: "websub", secret: canary } },
      { auth: { protocol: "basic", username: "u", password: canary } },
      { auth: { protocol: "bearer", token: canary } },
      { auth: { ...oauth2, client_secret: canary } },
      { tls: { ca: canary } },
    ].map((more) => violations(() => parse(more)));
    for (const told of all) {
      expect(told).toHaveLength(1);
      expect(JSON.stringify(told)).not.toContain("canary");
    }
  });
});

describe("a patch", () => {
  test("has what is given and nothing else", () => {
    expect(patch({})).toEqual({});
    expect(patch({ name: " new ", enabled: false })).toEqual({ name: "new", enabled: false });
    expect(patch({ account_id: "acc_other" })).toEqual({ account: "acc_other" });
  });

  test("sets members of the bundle one by one, and null gives one back to the configuration", () => {
    const current = { bundle: { quiet: "1s", longest: "2s" } };
    expect(patch({ bundle: { quiet: null, size: 3 } }, current)).toEqual({
      bundle: { longest: "2s", size: 3 },
    });
  });

  test("sets headers one by one whatever their case, and null takes one away", () => {
    const current = { headers: { "x-a": "1", "x-b": "2" } };
    expect(patch({ headers: { "X-A": "9", "x-b": null, "x-c": "3" } }, current)).toEqual({
      headers: { "x-a": "9", "x-c": "3" },
    });
  });

  test("sets metadata one by one, and null takes one away", () => {
    const current = { metadata: { a: "1", b: "2" } };
    expect(patch({ metadata: { a: null, c: "3" } }, current)).toEqual({ metadata: { b: "2", c: "3" } });
  });

  test("replaces the filter as a whole, held to the topics that the receiver is to have", () => {
    const current = { contentFilter: { city: ["Umeå"] } };
    expect(patch({ content_filter: { institute_id: [1] } }, current)).toEqual({
      contentFilter: { institute_id: [1] },
    });
    expect(patch({ content_filter: null }, current)).toEqual({ contentFilter: {} });
    const fieldsOf = (body: unknown) => violations(() => patch(body, current)).map(({ field }) => field);
    expect(fieldsOf({ topics: ["Institutes.*"] })).toEqual(["content_filter.city"]);
    expect(fieldsOf({ topics: ["Institutes.*"], content_filter: { city: ["x"] } })).toEqual([
      "content_filter.city",
    ]);
    expect(fieldsOf({ topics: ["Institutes.*"], content_filter: {} })).toEqual([]);
  });

  test("cannot move a receiver with certificates to a URL that has no use for them", () => {
    const fieldsOf = (body: unknown) =>
      violations(() => patch(body, { tls: "sealed" })).map(({ field }) => field);
    expect(fieldsOf({ url: "http://partner.example/" })).toEqual(["tls"]);
    expect(fieldsOf({ url: "http://partner.example/", tls: null })).toEqual([]);
  });

  test("replaces auth and retry as a whole", () => {
    expect(violations(() => patch({ auth: { method: "sha1" } })).map(({ field }) => field)).toEqual([
      "auth.protocol",
    ]);
    expect(patch({ retry: "table" })).toEqual({ retry: "table" });
  });

  test("cannot set the start, or what is null, or too many headers together with those that there are", () => {
    const current = { headers: Object.fromEntries(repeat(20, (i) => [`x-${i}`, "v"])) };
    expect(violations(() => patch({ start: "now" }))[0]?.field).toBe("start");
    expect(violations(() => patch({ name: null }))[0]?.field).toBe("name");
    expect(violations(() => patch({ headers: { "x-20": "v" } }, current))[0]?.field).toBe("headers");
  });
});
