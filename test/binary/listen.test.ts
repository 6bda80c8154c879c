/** `koppla listen` as a partner's developer uses it, by requests that the Standard Webhooks library signs. */
import { afterEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";

import { binary, run } from "./harness.ts";
import { LineLog } from "./lines.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const stranger = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;
const bundle = JSON.stringify({
  changes: [
    { action: "update", object: "training", id: 7, url: "https://koppla.example/api/v1/trainings/7" },
    { action: "destroy", object: "training", id: 8 },
  ],
});

const children: Bun.Subprocess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await child.exited;
  }
});

async function listen(args: string[], env: Record<string, string> = {}) {
  const child = Bun.spawn([binary, "listen", "--port", "0", ...args], {
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  children.push(child);
  const [out, notes] = [new LineLog(), new LineLog()];
  const read = Promise.all([out.read(child.stdout), notes.read(child.stderr)]);
  const heading = args.includes("--json") ? notes : out;
  const { text } = await heading.waitFor((line) => line.text.startsWith("listening on "));
  const url = /http:\S+(?=,)/.exec(text)?.[0] ?? "";
  return {
    url,
    heading: text,
    out,
    /** Asks it to stop and gives the exit code, when all that it printed has been read. */
    stop: async (signal: "SIGINT" | "SIGTERM" = "SIGTERM") => {
      child.kill(signal);
      const code = await child.exited;
      await read;
      return code;
    },
    notes,
  };
}

function post(url: string, id: string, by = secret, body = bundle, more: Record<string, string> = {}) {
  const at = new Date();
  return fetch(`${url}/hooks`, {
    method: "POST",
    headers: {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(by).sign(id, at, body),
      ...more,
    },
    body,
  });
}

describe("for people", () => {
  test("prints each request and each change, and a summary at the end", async () => {
    const { url, heading, out, stop } = await listen(["--secret", secret]);
    expect(heading).toContain("verifying webhook-signature");
    expect((await post(url, "msg_1")).status).toBe(204);
    expect((await post(url, "msg_1")).status).toBe(204);
    const forged = await post(url, "msg_2", stranger);
    expect(forged.status).toBe(401);
    expect(await forged.text()).toContain("made with the secret over these bytes");
    expect(await stop("SIGINT")).toBe(0);

    const lines = out.lines.map((line) => line.text);
    const [first, second, third] = lines.filter((line) => / msg_\d /.test(line));
    expect(first).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}msg_1 {2}verified {2}answered 204 {2}2 changes, .*POST \/hooks$/,
    );
    expect(second).toContain("msg_1  repeat 1  verified");
    expect(third).toMatch(/msg_2 {2}NOT verified: .+ {2}answered 401/);
    expect(lines).toContain("    update training 7 https://koppla.example/api/v1/trainings/7");
    expect(lines).toContain("    destroy training 8");
    expect(lines.at(-1)).toBe("received 3, unique 2, repeats 1, unverified 1");
  });

  test("says so when it verifies nothing", async () => {
    const { url, heading, out, stop } = await listen([]);
    expect(heading).toContain("verifying nothing");
    expect((await post(url, "msg_1", stranger)).status).toBe(204);
    expect(await stop()).toBe(0);
    expect(out.text()).toContain("msg_1  not checked  answered 204");
  });
});

describe("for machines", () => {
  test("--json prints a line for each request and nothing else on standard output", async () => {
    const { url, out, notes, stop } = await listen(["--json"], {
      KOPPLA_LISTEN_SECRET: `${stranger} ${secret}`,
    });
    await post(url, "msg_1");
    await post(url, "msg_1");
    await post(url, "msg_2", `whsec_${Buffer.alloc(24).toString("base64")}`);
    await fetch(url);
    expect(await stop()).toBe(0);
    const requests = out.lines.map((line) => line.json);
    expect(requests).toMatchObject([
      { id: "msg_1", attempt: 1, verified: true, reason: null, status: 204, format: "changes" },
      { id: "msg_1", attempt: 2, verified: true, status: 204 },
      { id: "msg_2", attempt: 1, verified: false, status: 401, reason: expect.stringContaining("secret") },
      { id: null, method: "GET", verified: null, status: 405 },
    ]);
    expect(requests[0]?.["body"]).toEqual(JSON.parse(bundle));
    expect(notes.text()).toContain("received 4, unique 2, repeats 1, unverified 1");
  });
});

describe("WebSub", () => {
  test("x-hub-signature is verified over the raw bytes", async () => {
    const { url, out, stop } = await listen(["--json", "--websub-secret", "nyckel"]);
    const hub = `sha256=${createHmac("sha256", "nyckel").update(bundle).digest("hex")}`;
    expect((await post(url, "msg_1", secret, bundle, { "x-hub-signature": hub })).status).toBe(204);
    expect((await post(url, "msg_2", secret, `${bundle} `, { "x-hub-signature": hub })).status).toBe(401);
    expect((await post(url, "msg_3")).status).toBe(401);
    await stop();
    expect(out.lines.map((line) => line.json?.["verified"])).toEqual([true, false, false]);
  });
});

describe("rehearsing trouble", () => {
  test("--fail-first fails, then works", async () => {
    const { url } = await listen(["--fail-first", "2"]);
    const statuses = [];
    for (let attempt = 0; attempt < 4; attempt++) statuses.push((await post(url, "msg_1")).status);
    expect(statuses).toEqual([500, 500, 204, 204]);
  });

  test("--status is answered every time, --delay holds it back", async () => {
    const { url } = await listen(["--status", "503", "--delay", "300ms"]);
    const began = performance.now();
    expect((await post(url, "msg_1")).status).toBe(503);
    expect(performance.now() - began).toBeGreaterThanOrEqual(295);
    expect((await post(url, "msg_1")).status).toBe(503);
  });

  test("--max-body answers 413 to more", async () => {
    const { url } = await listen(["--max-body", "1KB"]);
    expect((await post(url, "msg_1", secret, "x".repeat(1024))).status).toBe(204);
    expect((await post(url, "msg_2", secret, "x".repeat(1025))).status).toBe(413);
  });
});

describe("wrong use", () => {
  test.each([
    ["a port that is none", ["--port", "65536"], "from 0 to 65535"],
    ["a duration without a unit", ["--delay", "2"], "a duration such as"],
    ["a status that is none", ["--status", "99"], "from 200 to 599"],
    ["a size without a unit", ["--max-body", "10"], "a size such as"],
  ])("%s is exit code 2 and says what is expected", async (_, args, expected) => {
    const { exitCode, stderr } = await run(["listen", ...args]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(expected);
  });

  test.each([
    ["argument", ["--secret", "whsec_hemligt"], {}],
    ["variable", [], { KOPPLA_LISTEN_SECRET: "whsec_hemligt" }],
  ])("a secret that is none, as %s, is exit code 2 and is not repeated", async (_, args, env) => {
    const { exitCode, stdout, stderr } = await run(["listen", "--port", "0", ...args], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("must be padded base64");
    expect(stdout + stderr).not.toContain("hemligt");
  });
});
