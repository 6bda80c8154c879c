/** How receivers are known and how we are known to them: certificates, tokens, passwords. Black-box. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer, type Server, type TLSSocket } from "node:tls";

import { type Authority, hasOpenssl, newAuthority } from "../certificates.ts";
import { type Koppla, onPostgres, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";
import { expectProblem, type ReceiverOut } from "./wire.ts";

let koppla: Koppla;
let sink: TestReceiver;

beforeAll(async () => {
  koppla = await startKoppla({ config: { webhooks: { allow_targets: ["127.0.0.1", "localhost"] } } });
  sink = new TestReceiver();
});
afterAll(async () => {
  await koppla.dispose();
  await sink.stop();
});

interface TestOut {
  delivery_id: string;
  status: string;
  status_code: number | null;
  error: string | null;
}

const tested = (partner: Partner, id: string): Promise<TestOut> =>
  partner.send<TestOut>("POST", `/api/v1/receivers/${id}/test`, {}, 200);

test("basic and bearer are sent as they are to be", async () => {
  const partner = await koppla.partner("known");
  await createReceiver(partner, sink.url("/basic"), {
    auth: { protocol: "basic", username: "koppla", password: "hemligt:åäö" },
  });
  await createReceiver(partner, sink.url("/bearer"), { auth: { protocol: "bearer", token: "a.b-c~d" } });
  await put(partner, "trainings/1", { name: "x" });
  const basic = (await sink.nth(1, "/basic")).headers["authorization"] ?? "";
  expect(Buffer.from(basic.replace("Basic ", ""), "base64").toString("utf8")).toBe("koppla:hemligt:åäö");
  expect((await sink.nth(1, "/bearer")).headers["authorization"]).toBe("Bearer a.b-c~d");
});

describe("oauth2", () => {
  /** A token server and a receiver in one: it takes the newest token that it gave out. */
  const world = (expiresIn = 3600) => {
    const asked: { authorization: string | null; form: Record<string, string> }[] = [];
    const seen: string[] = [];
    let good = "";
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: async (request) => {
        const authorization = request.headers.get("authorization");
        if (new URL(request.url).pathname === "/token") {
          const form = Object.fromEntries(new URLSearchParams(await request.text()));
          asked.push({ authorization, form });
          good = `token-${asked.length}`;
          return Response.json({ access_token: good, token_type: "Bearer", expires_in: expiresIn });
        }
        seen.push(authorization ?? "none");
        return new Response(null, { status: authorization === `Bearer ${good}` ? 204 : 401 });
      },
    });
    const url = `http://127.0.0.1:${server.port}`;
    return {
      ...{ asked, seen, url },
      spoil: () => {
        good = "another one";
      },
      [Symbol.asyncDispose]: () => server.stop(true),
    };
  };
  const auth = (url: string, more: Record<string, unknown> = {}) => ({
    ...{ protocol: "oauth2", token_url: `${url}/token`, client_id: "koppla", client_secret: "s3 cret/+" },
    ...more,
  });

  test("asks for a token once, sends it, and asks again when it is not taken any more", async () => {
    await using there = world();
    const partner = await koppla.partner("oauth");
    const { id } = await createReceiver(partner, `${there.url}/hook`, {
      auth: auth(there.url, { scope: "hooks:write", audience: "https://hooks.example" }),
    });
    for (let i = 0; i < 3; i++) expect(await tested(partner, id)).toMatchObject({ status: "delivered" });
    expect(there.seen).toEqual(["Bearer token-1", "Bearer token-1", "Bearer token-1"]);
    expect(there.asked).toEqual([
      {
        authorization: `Basic ${btoa("koppla:s3+cret%2F%2B")}`,
        form: { grant_type: "client_credentials", scope: "hooks:write", audience: "https://hooks.example" },
      },
    ]);
    there.spoil();
    expect(await tested(partner, id)).toMatchObject({ status: "delivered", status_code: 204 });
    expect(there.seen.slice(3)).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  test("names the client in the form where that is wanted", async () => {
    await using there = world();
    const partner = await koppla.partner("oauth-post");
    const { id } = await createReceiver(partner, `${there.url}/hook`, {
      auth: auth(there.url, { client_auth: "post" }),
    });
    await tested(partner, id);
    expect(there.asked).toEqual([
      {
        authorization: null,
        form: { grant_type: "client_credentials", client_id: "koppla", client_secret: "s3 cret/+" },
      },
    ]);
  });

  test("without a token nothing is sent, and the log says why", async () => {
    await using there = world();
    const partner = await koppla.partner("oauth-down");
    const { id } = await createReceiver(partner, `${there.url}/hook`, {
      auth: auth("http://127.0.0.1:1"),
    });
    expect(await tested(partner, id)).toMatchObject({ status: "failed", error: "oauth", status_code: null });
    expect(there.seen).toEqual([]);
  });

  test("its token server is held to the same addresses as everything else", async () => {
    const body = { name: "r", url: sink.url("/never"), topics: ["*"], auth: auth("http://169.254.169.254") };
    const response = await koppla.demo.post("/api/v1/receivers", body);
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(
      "a cloud's metadata service; webhooks.allow_targets does not list",
    );
  });
});

describe.skipIf(!hasOpenssl)("certificates", () => {
  let authority: Authority;
  let server: Server;
  const sockets = new Set<TLSSocket>();
  /** The certificates that callers showed, a request each. */
  const shown: string[] = [];
  let url = "";

  beforeAll(async () => {
    authority = newAuthority();
    const { cert, key } = authority.issue("localhost");
    server = createServer(
      { cert, key, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
      (socket) => {
        sockets.add(socket);
        socket.on("error", () => {}).on("close", () => sockets.delete(socket));
        // A test's request is small: it comes in one piece.
        socket.on("data", () => {
          shown.push(String(socket.getPeerCertificate().subject.CN));
          socket.end("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
        });
      },
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("no port");
    url = `https://localhost:${address.port}/hook`;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test("a receiver that demands one is shown ours, and trusted by an authority of its own", async () => {
    const partner = await koppla.partner("mtls");
    const own = authority.issue("koppla.example");
    const made = await createReceiver(partner, url, { tls: { ...own, ca: authority.ca } });
    expect(await tested(partner, made.id)).toMatchObject({ status: "delivered", status_code: 204 });
    expect(shown).toEqual(["koppla.example"]);
    const text = await (await partner.get(`/api/v1/receivers/${made.id}`)).text();
    expect(text).not.toContain("PRIVATE KEY");
    const { tls } = JSON.parse(text) as { tls: { cert: { subject: string }; ca: { subject: string }[] } };
    expect([tls.cert.subject, ...tls.ca.map(({ subject }) => subject)]).toEqual([
      "CN=koppla.example",
      "CN=A test's authority",
    ]);
  });

  test("one of an unknown authority is refused, and so is our certificate where there is none", async () => {
    const partner = await koppla.partner("mtls-wrong");
    const before = shown.length;
    const unknown = await createReceiver(partner, url, { tls: authority.issue("koppla.example") });
    expect(await tested(partner, unknown.id)).toMatchObject({ status: "failed", error: "tls" });
    const nameless = await createReceiver(partner, url, { tls: { ca: authority.ca } });
    expect((await tested(partner, nameless.id)).status).toBe("failed");
    expect(shown).toHaveLength(before);
    const other = newAuthority();
    const foreign = await createReceiver(partner, url, {
      tls: { ...other.issue("koppla.example"), ca: authority.ca },
    });
    expect((await tested(partner, foreign.id)).status).toBe("failed");
    expect(shown).toHaveLength(before);
  });

  test("that do not belong together, or have no use, are refused when they are set", async () => {
    const partner = await koppla.partner("mtls-input");
    const [one, two] = [authority.issue("a.example"), authority.issue("b.example")];
    const refused = async (more: Record<string, unknown>) => {
      const body = { name: "x", url, topics: ["*"], ...more };
      return (await expectProblem(await partner.post("/api/v1/receivers", body), 422)).violations?.map(
        ({ field }) => field,
      );
    };
    expect(await refused({ tls: { cert: one.cert, key: two.key } })).toEqual(["tls.key"]);
    expect(await refused({ tls: { cert: one.cert } })).toEqual(["tls.key"]);
    expect(await refused({ tls: { ca: "none" } })).toEqual(["tls.ca"]);
    expect(await refused({ url: sink.url(), tls: { ca: authority.ca } })).toEqual(["tls"]);
  });
});

test("no secret is in an answer, in the log or in the files of the server", async () => {
  const partner = await koppla.partner("canary");
  const canary = (name: string) => `canary-${name}-${crypto.randomUUID()}`;
  const own = hasOpenssl ? newAuthority().issue("koppla.example") : undefined;
  const secrets = ["websub", "password", "token", "client"].map(canary);
  const [websub, password, token, client] = secrets;
  const auths = [
    { protocol: "websub", secret: websub },
    { protocol: "basic", username: "u", password },
    { protocol: "bearer", token },
    { protocol: "oauth2", token_url: sink.url("/canary-token"), client_id: "c", client_secret: client },
  ];
  const whsec = [];
  const answers: string[] = [];
  for (const [index, auth] of auths.entries()) {
    const path = `/canary-${index}`;
    const { secret, ...made } = await createReceiver(partner, sink.url(path), { auth });
    whsec.push(secret.slice("whsec_".length));
    answers.push(JSON.stringify(made));
    answers.push(await (await partner.post(`/api/v1/receivers/${made.id}/test`, {})).text());
    answers.push(await (await partner.get(`/api/v1/receivers/${made.id}`)).text());
    const deliveries = await partner.read<{ items: { id: string }[] }>(
      `/api/v1/deliveries?receiver=${made.id}`,
    );
    for (const { id } of deliveries.items)
      answers.push(await (await partner.get(`/api/v1/deliveries/${id}`)).text());
  }
  if (own) {
    const { id } = await createReceiver(partner, "https://localhost:1/x", { tls: own });
    answers.push(await (await partner.get(`/api/v1/receivers/${id}`)).text());
    const lines = own.key.split("\n").filter((line) => line.length === 64);
    expect(lines.length).toBeGreaterThan(0);
    secrets.push(...lines);
  }
  answers.push(await (await partner.get("/api/v1/receivers")).text());
  answers.push(await (await partner.get("/api/v1/audit")).text());
  expect(answers.join()).toContain("websub");
  const places = [answers.join("\n"), koppla.log.text()];
  if (!onPostgres) {
    const files = koppla.dataFiles().map(([, bytes]) => bytes.toString("latin1"));
    expect(files.join("")).toContain("canary-3");
    places.push(...files);
  }
  for (const place of places)
    for (const secret of [...secrets, ...whsec]) expect(place.includes(String(secret))).toBe(false);
});

test("a patch replaces secrets and shows none", async () => {
  const partner = await koppla.partner("patched");
  const { id } = await createReceiver(partner, sink.url("/patched"));
  const auth = { protocol: "bearer", token: "brand-new-token" };
  const patched = await partner.patch(`/api/v1/receivers/${id}`, { auth });
  expect(patched.status).toBe(200);
  const text = await patched.text();
  expect(text).not.toContain("brand-new-token");
  const shown: ReceiverOut & { auth: unknown } = JSON.parse(text);
  expect(shown.auth).toEqual({ protocol: "bearer" });
  await tested(partner, id);
  expect((await sink.nth(1, "/patched")).headers["authorization"]).toBe("Bearer brand-new-token");
});
