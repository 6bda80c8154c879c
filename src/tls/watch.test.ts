import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  type Authority,
  type Certificate as Pair,
  hasOpenssl,
  newAuthority,
} from "../../test/certificates.ts";
import { ManualClock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { CertificateWatch } from "./watch.ts";

interface Line {
  level: string;
  message: string;
  reason: unknown;
}

describe.skipIf(!hasOpenssl)("the watch on the certificate's files", () => {
  let authority: Authority;
  beforeAll(() => {
    authority = newAuthority();
  });

  const folder = mkdtempSync(join(tmpdir(), "koppla-watch-"));
  const files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
  let watch: CertificateWatch;
  afterEach(() => watch.stop());
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

  const put = ({ cert, key }: Pair) => {
    writeFileSync(files.certFile, cert);
    writeFileSync(files.keyFile, key);
  };

  async function start(pair: Pair) {
    put(pair);
    const lines: Line[] = [];
    const swapped: Certificate[] = [];
    let heard = () => {};
    const say = (level: string) => (message: string, fields?: Record<string, unknown>) => {
      lines.push({ level, message, reason: fields?.["reason"] });
      heard();
    };
    const log: Logger = {
      ...{ debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") },
      level: "debug",
    };
    const clock = new ManualClock(Date.now());
    watch = new CertificateWatch({
      ...{ files, current: readCertificate(files), clock, log, every: 5 },
      swap: (next) => {
        swapped.push(next);
        return Promise.resolve();
      },
    });
    await watch.start();
    const told = async (level: string) => {
      for (;;) {
        const at = lines.findIndex((line) => line.level === level);
        if (at !== -1) return lines.splice(0, at + 1)[at];
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    };
    return { lines, swapped, told, clock };
  }

  test("what cannot be used is refused with its reason, told once, and the old one stays", async () => {
    const good = authority.issue("a.example");
    const other = authority.issue("a.example");
    const { told, swapped } = await start(good);
    const broken = "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n";
    const cases: [Pair, RegExp][] = [
      [{ cert: broken, key: good.key }, /cannot be read, expected PEM/],
      [{ cert: good.cert, key: other.key }, /does not belong to the first certificate/],
      [{ cert: "nothing", key: good.key }, /found no certificate/],
      [{ cert: other.cert, key: "no key" }, /no private key that can be read/],
      [authority.issue("a.example", -1), /has expired/],
    ];
    for (const [pair, reason] of cases) {
      put(pair);
      const line = await told("error");
      expect(line?.message).toBe("the certificate was not replaced");
      expect(String(line?.reason)).toMatch(reason);
    }
    expect(swapped).toEqual([]);
    put(other);
    await told("info");
    expect(swapped.map(({ cert }) => cert)).toEqual([other.cert]);
    expect(watch.current.cert).toBe(other.cert);
  });

  test("what is told to reload throws what is wrong, and other files are read from then on", async () => {
    const { swapped } = await start(authority.issue("a.example"));
    const elsewhere = { certFile: join(folder, "other.pem"), keyFile: join(folder, "other.key") };
    expect(watch.reload(elsewhere)).rejects.toThrow("ENOENT");
    const next = authority.issue("b.example");
    writeFileSync(elsewhere.certFile, next.cert);
    writeFileSync(elsewhere.keyFile, next.key);
    await watch.reload(elsewhere);
    expect(swapped.map(({ names }) => names)).toEqual(["DNS:b.example"]);
    // The same again changes nothing.
    await watch.reload();
    expect(swapped.length).toBe(1);
  });

  test("one that ends soon is told of once a day", async () => {
    const { told, clock, lines } = await start(authority.issue("a.example", 2));
    expect((await told("warn"))?.message).toBe("the certificate expires soon");
    clock.advance(3 * 86_400_000);
    expect((await told("warn"))?.message).toBe("the certificate has expired");
    expect(lines).toEqual([]);
  });
});
