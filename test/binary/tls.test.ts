/** HTTPS by the server itself: its certificate, a new one while it runs, the way from plain HTTP. */
import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";

import { type Authority, type Certificate, hasOpenssl, newAuthority } from "../certificates.ts";
import { eventually } from "./eventually.ts";
import { type Koppla, LONG_TEST_MS, prepareKoppla } from "./harness.ts";
import { freePort } from "./ports.ts";

const HOST = "koppla.example";

describe.skipIf(!hasOpenssl)("HTTPS", () => {
  let authority: Authority;
  beforeAll(() => {
    authority = newAuthority();
  });

  let koppla: Koppla;
  afterEach(() => koppla.dispose());

  const put = ({ cert, key }: Certificate) => {
    // As certbot does it: whole files, moved into place one after the other.
    for (const [name, text] of [
      ["cert.pem", cert],
      ["key.pem", key],
    ] as const) {
      writeFileSync(join(koppla.dir, `${name}.new`), text, { mode: 0o600 });
      renameSync(join(koppla.dir, `${name}.new`), join(koppla.dir, name));
    }
  };

  async function start(certificate: Certificate, server: Record<string, unknown> = {}): Promise<void> {
    koppla = await prepareKoppla({
      config: { server: { ...server, tls: { cert_file: "./cert.pem", key_file: "./key.pem" } } },
    });
    put(certificate);
    await koppla.start();
  }

  const line = (msg: string) => koppla.log.waitFor(({ json }) => json?.["msg"] === msg);
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(koppla.url + path, {
      ...init,
      redirect: "manual",
      tls: { ca: authority.ca, serverName: HOST },
      headers: { host: HOST, ...init.headers },
    });

  /** What the server shows to a new connection. */
  function shown(): Promise<string> {
    const { hostname, port } = new URL(koppla.url);
    return new Promise((resolve, reject) => {
      const socket: TLSSocket = connect(
        { host: hostname, port: Number(port), servername: HOST, ca: authority.ca },
        () => {
          resolve(socket.getPeerCertificate().fingerprint256);
          socket.destroy();
        },
      );
      socket.on("error", reject);
    });
  }

  test("a new certificate is taken up when its files change, and nobody notices", async () => {
    await start(authority.issue(HOST));
    const before = await shown();
    const kept = await keepAlive(koppla.url, authority.ca);
    expect(await kept.ask()).toBe(200);
    put(authority.issue(HOST));
    await line("new certificate");
    expect(await shown()).not.toBe(before);
    // Who was connected goes on, and is asked to come again.
    expect(await kept.ask()).toBe(200);
    expect(kept.closing).toBe(true);
    kept.end();
  });

  test(
    "no request is lost while certificates change under load",
    async () => {
      await start(authority.issue(HOST));
      const certificates = [1, 2, 3].map(() => authority.issue(HOST));
      const seen = new Set<string>();
      let [answered, stop] = [0, false];
      const failed: unknown[] = [];
      // A connection for each request: what is lost is lost between its acceptance and its handshake.
      const single = async () => {
        while (!stop) {
          try {
            const response = await ask("/healthz", { headers: { connection: "close" }, keepalive: false });
            if (response.status !== 200) throw new Error(`answered ${response.status}`);
            await response.text();
            answered++;
          } catch (error) {
            failed.push(error);
          }
        }
      };
      // Requests one after the other on a connection, opened anew when the server asks for it.
      const steady = async () => {
        while (!stop) {
          try {
            const kept = await keepAlive(koppla.url, authority.ca);
            while (!stop && !kept.closing) {
              const status = await kept.ask();
              if (status !== 200) throw new Error(`answered ${status}`);
              answered++;
            }
            kept.end();
          } catch (error) {
            failed.push(error);
          }
        }
      };
      const load = [...Array.from({ length: 8 }, single), ...Array.from({ length: 8 }, steady)];
      seen.add(await shown());
      for (const certificate of certificates) {
        const lines = koppla.log.lines.length;
        put(certificate);
        await koppla.log.waitFor(
          (entry) => koppla.log.lines.indexOf(entry) >= lines && entry.json?.["msg"] === "new certificate",
        );
        seen.add(await shown());
        const from = answered;
        await eventually("requests go on", async () => answered > from + 100 || undefined);
      }
      stop = true;
      await Promise.all(load);
      expect(failed).toEqual([]);
      expect(seen.size).toBe(4);
    },
    LONG_TEST_MS,
  );

  test("a broken certificate, a key that does not fit and an old one leave the one that is in use", async () => {
    const good = authority.issue(HOST);
    await start(good);
    const before = await shown();
    const other = authority.issue(HOST);
    const refusals: [Certificate, RegExp][] = [
      [
        { cert: "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n", key: good.key },
        /cannot be read/,
      ],
      [{ cert: good.cert, key: other.key }, /does not belong/],
    ];
    for (const [certificate, reason] of refusals) {
      put(certificate);
      await koppla.log.waitFor(
        ({ json }) =>
          json?.["msg"] === "the certificate was not replaced" && reason.test(String(json["reason"])),
      );
      expect(await shown()).toBe(before);
      expect((await ask("/healthz")).status).toBe(200);
    }
    const errors = koppla.log.lines.filter(({ json }) => json?.["level"] === "error");
    // Each is told once, however often it is looked at.
    expect(errors.length).toBe(refusals.length);
    expect(koppla.log.text()).not.toContain(good.key.split("\n")[1]);
    put(other);
    await line("new certificate");
    expect(await shown()).not.toBe(before);
  });

  test("a link that leads elsewhere is followed, as a mounted secret changes", async () => {
    await start(authority.issue(HOST));
    const before = await shown();
    const next = authority.issue(HOST);
    for (const [name, text] of [
      ["cert.pem", next.cert],
      ["key.pem", next.key],
    ] as const) {
      writeFileSync(join(koppla.dir, `2-${name}`), text, { mode: 0o600 });
      rmSync(join(koppla.dir, name));
      symlinkSync(`2-${name}`, join(koppla.dir, name));
    }
    await line("new certificate");
    expect(await shown()).not.toBe(before);
  });

  test("a certificate that cannot be used is found by check, and the server does not start", async () => {
    await start(authority.issue(HOST));
    await koppla.stop();
    put({ cert: authority.issue(HOST).cert, key: authority.issue(HOST).key });
    for (const command of ["check", "serve"]) {
      const { exitCode, stderr, stdout } = await koppla.cli(command);
      expect([command, exitCode]).toEqual([command, 78]);
      expect(stderr + stdout).toContain("does not belong");
    }
  });

  test("a second server on the same port is refused", async () => {
    await start(authority.issue(HOST));
    const first = koppla;
    const { host } = new URL(first.url);
    const second = await prepareKoppla({
      config: { server: { listen: host, tls: { cert_file: "./cert.pem", key_file: "./key.pem" } } },
    });
    try {
      koppla = second;
      put(authority.issue(HOST));
      const { exitCode, stderr } = await second.cli("serve");
      expect(exitCode).toBe(1);
      expect(stderr).toContain(new URL(first.url).port);
    } finally {
      koppla = first;
      await second.dispose();
    }
  });

  test("plain HTTP is led to HTTPS with its path, to the public host alone; HSTS stands in every answer", async () => {
    const port = freePort();
    await start(authority.issue(HOST), { http_redirect: `127.0.0.1:${port}`, hsts: "365d" });
    const plain = await fetch(`http://127.0.0.1:${port}/api/v1/trainings?a=1`, {
      method: "POST",
      body: "{}",
      headers: { host: "evil.example" },
      redirect: "manual",
    });
    expect(plain.status).toBe(308);
    expect(plain.headers.get("location")).toBe(`https://${HOST}/api/v1/trainings?a=1`);
    expect(plain.headers.get("strict-transport-security")).toBeNull();
    for (const path of ["/healthz", "/nothing", "/api/v1/me", "/docs"]) {
      const { headers } = await ask(path);
      expect([path, headers.get("strict-transport-security")]).toEqual([path, "max-age=31536000"]);
    }
  });
});

/** One connection on which requests follow each other; `fetch` would choose another without a word. */
async function keepAlive(url: string, ca: string) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), servername: HOST, ca });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  const state = { closing: false };
  return {
    /** Whether the last answer asked to close the connection. */
    get closing() {
      return state.closing;
    },
    ask: () =>
      new Promise<number>((resolve, reject) => {
        let text = "";
        const read = (chunk: Buffer) => {
          text += chunk.toString("latin1");
          const [head = "", body] = text.split("\r\n\r\n", 2);
          const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN);
          if (body === undefined || body.length < length) return;
          state.closing = /^connection: close/im.test(head);
          done();
          resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]));
        };
        const fail = () => {
          done();
          reject(new Error(`the connection ended before an answer: ${JSON.stringify(text)}`));
        };
        const done = () => {
          socket.off("data", read).off("error", fail).off("close", fail);
        };
        socket.on("data", read).on("error", fail).on("close", fail);
        socket.write(`GET /healthz HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      }),
    end: () => socket.destroy(),
  };
}
