import { describe, expect, test } from "bun:test";

import { ManualClock } from "../clock.ts";
import { OutgoingTokens, type TokenHolder } from "./oauth-client.ts";
import type { OutgoingRequest, OutgoingResult } from "./request.ts";

const SECRET = "s3cret/+ åäö";

const auth: TokenHolder["auth"] = {
  tokenUrl: "https://login.example/token",
  clientId: "koppla:1",
  clientSecret: SECRET,
  clientAuth: "basic",
};

const holder = (more: Partial<TokenHolder["auth"]> = {}, id = "r1"): TokenHolder => ({
  id,
  auth: { ...auth, ...more },
});

type Answer = (request: OutgoingRequest, number: number) => OutgoingResult | Promise<OutgoingResult>;

/** A good answer. */
const bearer = (more: Record<string, unknown> = {}, token = "t"): OutgoingResult => ({
  status: 200,
  body: JSON.stringify({ access_token: token, token_type: "Bearer", expires_in: 3600, ...more }),
});

/** Tokens with a token server that a test plays, on a clock that it moves. */
function world(answer: Answer) {
  const asked: OutgoingRequest[] = [];
  const clock = new ManualClock();
  const tokens = new OutgoingTokens({
    clock,
    now: () => clock.now(),
    send: async (request) => {
      asked.push(request);
      return await answer(request, asked.length);
    },
  });
  const get = (receiver = holder(), signal?: AbortSignal) =>
    tokens.token(receiver, { timeout: 5_000, ...(signal && { signal }) });
  return { tokens, clock, asked, get };
}

/** Gives no answer until told to stop. */
const hanging: Answer = ({ signal }) =>
  new Promise((resolve) => signal?.addEventListener("abort", () => resolve({ body: "", error: "aborted" })));

describe("a token", () => {
  test("is asked for with the client's id and secret in the header, each encoded as in a form", async () => {
    const { get, asked } = world(() => bearer());
    expect(await get(holder({ scope: "hooks write", audience: "https://partner.example" }))).toEqual({
      token: "t",
    });
    const [request] = asked;
    expect(request).toMatchObject({ url: auth.tokenUrl, method: "POST", timeout: 5_000 });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      grant_type: "client_credentials",
      scope: "hooks write",
      audience: "https://partner.example",
    });
    const [scheme, pair = ""] = request?.headers["authorization"]?.split(" ") ?? [];
    expect(scheme).toBe("Basic");
    // RFC 6749, 2.3.1 and appendix B.
    expect(Buffer.from(pair, "base64").toString()).toBe("koppla%3A1:s3cret%2F%2B+%C3%A5%C3%A4%C3%B6");
  });

  test("is asked for with id and secret in the form where the receiver wants it so", async () => {
    const { get, asked } = world(() => bearer());
    await get(holder({ clientAuth: "post" }));
    expect(asked[0]?.headers).not.toHaveProperty("authorization");
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
      ...{ grant_type: "client_credentials", client_id: "koppla:1", client_secret: SECRET },
    });
  });

  test("is asked for under the receiver's certificates at its own host, and there alone", async () => {
    const { tokens, asked } = world(() => bearer());
    const tls = { ca: "PEM" };
    const request = { timeout: 1 };
    await tokens.token({ ...holder({}, "a"), url: "https://login.example:8443/hook", tls }, request);
    await tokens.token({ ...holder({}, "b"), url: "https://partner.example/hook", tls }, request);
    expect(asked.map((sent) => sent.tls)).toEqual([tls, undefined]);
  });

  test("is kept until half a minute before it expires", async () => {
    const { get, asked, clock } = world((_, number) => bearer({}, `t${number}`));
    expect(await get()).toEqual({ token: "t1" });
    clock.advance(3_570_000 - 1);
    expect(await get()).toEqual({ token: "t1" });
    clock.advance(1);
    expect(await get()).toEqual({ token: "t2" });
    expect(asked).toHaveLength(2);
  });

  test.each([
    ["of a short life is given up a quarter of it before", { expires_in: 40 }, 30_000],
    ["whose life is written as text is good for that long", { expires_in: "3600" }, 3_570_000],
    ["whose life is not said is kept for 45 seconds", { expires_in: undefined }, 45_000],
    ["whose life is nonsense is kept for 45 seconds", { expires_in: "soon" }, 45_000],
    ["that is said to be good for ever is kept for a day", { expires_in: 1e300 }, 86_370_000],
  ])("%s", async (_, more, kept) => {
    const { get, asked, clock } = world(() => bearer(more));
    await get();
    clock.advance(kept - 1);
    await get();
    expect(asked).toHaveLength(1);
    clock.advance(1);
    await get();
    expect(asked).toHaveLength(2);
  });

  test("is asked for once for all who want it at the same time", async () => {
    const answered = Promise.withResolvers<OutgoingResult>();
    const { get, asked } = world(() => answered.promise);
    const all = Promise.all(Array.from({ length: 64 }, () => get()));
    answered.resolve(bearer());
    expect(new Set((await all).map((got) => "token" in got && got.token))).toEqual(new Set(["t"]));
    expect(asked).toHaveLength(1);
  });

  test("is each receiver's own, and another one when its settings are", async () => {
    const { get, asked } = world((_, number) => bearer({}, `t${number}`));
    expect(await get(holder())).toEqual({ token: "t1" });
    expect(await get(holder({}, "r2"))).toEqual({ token: "t2" });
    expect(await get(holder({ clientSecret: "rotated" }))).toEqual({ token: "t3" });
    expect(asked).toHaveLength(3);
  });

  test("that was refused is asked for anew once, however many say so", async () => {
    const { get, tokens, asked } = world((_, number) => bearer({}, `t${number}`));
    await get();
    tokens.invalidate("r1", "t1");
    expect(await get()).toEqual({ token: "t2" });
    // Those that were sent with the old one hear of it later.
    tokens.invalidate("r1", "t1");
    expect(await get()).toEqual({ token: "t2" });
    expect(asked).toHaveLength(2);
  });
});

describe("no token comes", () => {
  const plain = (status: number, body: string): OutgoingResult => ({ status, body });

  test.each<[string, OutgoingResult, string]>([
    ["of an answer 500", plain(500, "oops"), "it answered 500"],
    [
      "of a refusal, in RFC 6749's words",
      plain(401, '{"error":"invalid_client"}'),
      "it answered 401 (invalid_client)",
    ],
    [
      "of a refusal in other words, which are not repeated",
      plain(400, `{"error":"${SECRET}"}`),
      "it answered 400",
    ],
    ["of a redirect", plain(302, ""), "it answered 302"],
    ["of something else than JSON", plain(200, "<html>"), "its answer is not a JSON object"],
    ["of a list", plain(200, "[]"), "its answer is not a JSON object"],
    ["of an object without a token", bearer({ access_token: undefined }), "no usable access_token"],
    ["of a token that would end the header", bearer({ access_token: "a\r\nx: y" }), "no usable access_token"],
    ["of a token that is no text", bearer({ access_token: 7 }), "no usable access_token"],
    ["of another type of token", bearer({ token_type: "DPoP" }), "another token_type than Bearer"],
    ["of a token without a type", bearer({ token_type: undefined }), "another token_type than Bearer"],
    ["of a token that expires at once", bearer({ expires_in: 0 }), "has expired already"],
    ["of a token that expired before", bearer({ expires_in: -5 }), "has expired already"],
    ["where nobody answers", { body: "", error: "connect", detail: "ECONNREFUSED" }, "connect: ECONNREFUSED"],
    [
      "where it may not be reached",
      { body: "", error: "blocked", detail: "10.0.0.1 is private" },
      "blocked: 10.0.0.1",
    ],
    ["where the name does not resolve", { body: "", error: "dns" }, "no answer: dns"],
  ])("%s", async (_, answer, detail) => {
    const { get, asked } = world(() => answer);
    const got = await get();
    expect(got).toMatchObject({ error: "oauth" });
    expect(JSON.stringify(got)).toContain(detail);
    expect(JSON.stringify(got)).not.toContain("s3cret");
    // And nothing of it is kept.
    await get();
    expect(asked).toHaveLength(2);
  });

  test("by the forward proxy's fault, which is told as such", async () => {
    const { get } = world(() => ({ body: "", error: "proxy", detail: "ECONNREFUSED" }));
    expect(await get()).toEqual({ error: "proxy", detail: "ECONNREFUSED" });
  });

  test("from a token URL that hangs: the wait ends with the attempt's time, and the request with the last wait", async () => {
    const { get, clock, asked } = world(hanging);
    const waiting = get();
    clock.advance(5_000);
    expect(await waiting).toEqual({ error: "oauth", detail: "the token URL: timeout: no token within 5 s" });
    expect(asked[0]?.signal?.aborted).toBe(true);
  });

  test("to one who gives up; those who go on waiting get theirs", async () => {
    const answered = Promise.withResolvers<OutgoingResult>();
    const { get, asked } = world(() => answered.promise);
    const stop = new AbortController();
    const [first, second] = [get(holder(), stop.signal), get()];
    stop.abort();
    expect(await first).toMatchObject({ error: "aborted" });
    expect(asked[0]?.signal?.aborted).toBe(false);
    answered.resolve(bearer());
    expect(await second).toEqual({ token: "t" });
    expect(asked).toHaveLength(1);
  });

  test("to one who had given up before; the next one asks anew", async () => {
    const { get, asked } = world((request, number) => (number === 1 ? hanging(request, 1) : bearer()));
    expect(await get(holder(), AbortSignal.abort())).toMatchObject({ error: "aborted" });
    expect(await get()).toEqual({ token: "t" });
    expect(asked).toHaveLength(2);
  });
});
