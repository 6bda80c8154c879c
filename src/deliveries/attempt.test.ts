import { describe, expect, test } from "bun:test";
import { createHmac, createPublicKey, verify } from "node:crypto";

import type { OutgoingRequest, OutgoingResult } from "../outgoing/request.ts";
import { generateSeed, keyOfSeed, publicKeyOf } from "../receivers/keys.ts";
import type { Receiver } from "../receivers/receiver.ts";
import { type AttemptContext, loggedHeaders, makeAttempt } from "./attempt.ts";
import { parseSecret, sign } from "./signature.ts";

const now = 1_795_287_905_500;
const seconds = 1_795_287_905;
const [oldKey, newKey] = [1, 2].map((byte) =>
  parseSecret(`whsec_${Buffer.alloc(32, byte).toString("base64")}`),
);
if (!oldKey || !newKey) throw new Error("no keys");

const receiver: Receiver = {
  id: "r",
  organisationId: 1,
  accountId: "a",
  name: "",
  description: "",
  url: "https://partner.example/hooks",
  topics: ["*"],
  format: "changes",
  payload: "thin",
  auth: { protocol: "none" },
  keys: [{ value: newKey, until: null }],
  signingKeys: [],
  tls: null,
  bundle: { quiet: 0, longest: 0, size: 1 },
  retry: { steps: [1_000], then: "fail" },
  headers: { "x-tenant": "7" },
  metadata: {},
  contact: null,
  contentFilter: {},
  ordered: false,
  rate: null,
  whileDisabled: "keep",
  enabled: true,
  disabledReason: null,
  disabledAt: null,
  failingSince: null,
  warned: 0,
  cursor: 0,
  createdAt: 0,
  modifiedAt: 0,
  deletedAt: null,
};
const delivery = {
  id: "msg_1",
  topics: ["Trainings.Update"],
  attempts: 0,
  scheduleFrom: 0,
  node: null,
  body: '{"changes":[]}',
};

/** Makes an attempt. @param answers  what the receiver answers, one after the other; the last one again */
async function attempt(
  more: Partial<Receiver>,
  {
    answers = [{ status: 204, body: "" }],
    tokens,
    at = now,
    body = delivery.body,
  }: {
    answers?: OutgoingResult[];
    tokens?: AttemptContext["tokens"];
    at?: number;
    body?: string;
  } = {},
) {
  const sent: OutgoingRequest[] = [];
  const outcome = await makeAttempt(
    { ...receiver, ...more },
    { ...delivery, body },
    {
      now: at,
      timeout: 5_000,
      signal: new AbortController().signal,
      send: (request) => {
        const answer = answers[Math.min(sent.push(request), answers.length) - 1];
        if (!answer) throw new Error("no answer");
        return Promise.resolve(answer);
      },
      tokens: tokens ?? {
        token: () => Promise.reject(new Error("no token is needed")),
        invalidate: () => {},
      },
    },
  );
  return { outcome, sent, headers: sent[0]?.headers ?? {} };
}

describe("a request", () => {
  test("carries the headers of all, and the receiver's own", async () => {
    const { outcome, sent, headers } = await attempt({});
    expect(headers).toEqual({
      "x-tenant": "7",
      "content-type": "application/json",
      "user-agent": expect.stringMatching(/^koppla\//),
      "webhook-id": "msg_1",
      "webhook-timestamp": String(seconds),
      "webhook-signature": sign([newKey], "msg_1", seconds, delivery.body),
    });
    expect(sent[0]).toMatchObject({ url: receiver.url, method: "POST", body: delivery.body, timeout: 5_000 });
    expect(sent[0]).not.toHaveProperty("tls");
    expect(outcome).toMatchObject({ delivered: true, status: 204, at: now, requestHeaders: headers });
  });

  test("is signed with the old secret, too, until its time is over", async () => {
    const keys = [
      { value: newKey, until: null },
      { value: oldKey, until: now },
    ];
    const at = (time: number) =>
      attempt({ keys }, { at: time }).then(({ headers }) => headers["webhook-signature"]?.split(" "));
    expect(await at(now - 1_000)).toHaveLength(2);
    expect(await at(now)).toHaveLength(1);
  });

  test("has an ed25519 signature behind the others where the receiver wants one", async () => {
    const key = keyOfSeed(generateSeed());
    const { headers } = await attempt({ signingKeys: [{ value: key, until: null }] });
    const [hmac, asymmetric] = (headers["webhook-signature"] ?? "").split(" ");
    expect(hmac).toBe(sign([newKey], "msg_1", seconds, delivery.body));
    const signature = Buffer.from(String(asymmetric?.slice("v1a,".length)), "base64");
    const content = Buffer.from(`msg_1.${seconds}.${delivery.body}`);
    expect(verify(null, content, createPublicKey(publicKeyOf(key).pem), signature)).toBe(true);
  });

  test("names the media type of its body, whatever the receiver's format has become", async () => {
    const type = async (body: string) => (await attempt({}, { body })).headers["content-type"];
    expect(await type('{"specversion":"1.0"}')).toBe("application/cloudevents+json");
    expect(await type("[{}]")).toBe("application/cloudevents-batch+json");
  });

  test.each(["sha1", "sha256", "sha384", "sha512"] as const)(
    "has WebSub's signature by %s",
    async (method) => {
      const { headers } = await attempt({ auth: { protocol: "websub", secret: "åäö", method } });
      const expected = createHmac(method, "åäö").update(delivery.body).digest("hex");
      expect(headers["x-hub-signature"]).toBe(`${method}=${expected}`);
    },
  );

  test("names who sends it", async () => {
    const basic = await attempt({ auth: { protocol: "basic", username: "u", password: "p:ä" } });
    expect(basic.headers["authorization"]).toBe(`Basic ${btoa(unescape(encodeURIComponent("u:p:ä")))}`);
    const bearer = await attempt({ auth: { protocol: "bearer", token: "abc" } });
    expect(bearer.headers["authorization"]).toBe("Bearer abc");
  });

  test("is made with the receiver's certificates", async () => {
    const tls = { ca: "CA", cert: "CERT", key: "KEY" };
    expect((await attempt({ tls })).sent[0]?.tls).toEqual(tls);
  });
});

describe("with a token", () => {
  const auth = {
    ...{ protocol: "oauth2" as const, tokenUrl: "https://login.example/token" },
    ...{ clientId: "c", clientSecret: "s", clientAuth: "basic" as const },
  };
  /** Gives out `t1`, `t2`, ... and writes down what was asked and given back. */
  const issuer = () => {
    const calls: string[] = [];
    const tokens: AttemptContext["tokens"] = {
      token: ({ id }) => {
        calls.push(`token ${id}`);
        return Promise.resolve({ token: `t${calls.filter((call) => call.startsWith("token")).length}` });
      },
      invalidate: (id, token) => void calls.push(`invalidate ${id} ${token}`),
    };
    return { calls, tokens };
  };

  test("the request has it as a bearer", async () => {
    const { calls, tokens } = issuer();
    const { outcome, sent } = await attempt({ auth }, { tokens });
    expect(outcome.delivered).toBe(true);
    expect(sent.map(({ headers }) => headers["authorization"])).toEqual(["Bearer t1"]);
    expect(calls).toEqual(["token r"]);
  });

  test("that is refused, a new one is asked for once", async () => {
    const { calls, tokens } = issuer();
    const answers = [
      { status: 401, body: "" },
      { status: 200, body: "" },
    ];
    const { outcome, sent } = await attempt({ auth }, { tokens, answers });
    expect(outcome).toMatchObject({ delivered: true, requestHeaders: { authorization: "Bearer t2" } });
    expect(sent.map(({ headers }) => headers["authorization"])).toEqual(["Bearer t1", "Bearer t2"]);
    expect(calls).toEqual(["token r", "invalidate r t1", "token r"]);
  });

  test("that is refused again, the attempt has failed, and neither is used any more", async () => {
    const { calls, tokens } = issuer();
    const { outcome, sent } = await attempt({ auth }, { tokens, answers: [{ status: 401, body: "no" }] });
    expect(outcome).toMatchObject({ delivered: false, status: 401, error: "status", body: "no" });
    expect(sent).toHaveLength(2);
    expect(calls.at(-1)).toBe("invalidate r t2");
  });

  test("that cannot be had, nothing is sent", async () => {
    const tokens: AttemptContext["tokens"] = {
      token: () => Promise.resolve({ error: "oauth", detail: "it answered 500" }),
      invalidate: () => {},
    };
    const { outcome, sent } = await attempt({ auth }, { tokens });
    expect(sent).toEqual([]);
    expect(outcome).toMatchObject({ delivered: false, error: "oauth", detail: "it answered 500" });
    expect(outcome.requestHeaders).not.toHaveProperty("authorization");
  });
});

test("an outcome that is no success names its class", async () => {
  const classOf = async (answer: OutgoingResult) => (await attempt({}, { answers: [answer] })).outcome.error;
  expect(await classOf({ status: 302, body: "" })).toBe("redirect");
  expect(await classOf({ status: 500, body: "" })).toBe("status");
  expect(await classOf({ body: "", error: "tls" })).toBe("tls");
});

test("the log has the headers without those that could let its reader in", () => {
  const headers = { "x-tenant": "7", authorization: "Bearer t", "webhook-id": "msg_1" };
  expect(loggedHeaders(receiver, headers)).toEqual({
    ...{ "x-tenant": "***", authorization: "***", "webhook-id": "msg_1" },
  });
});
