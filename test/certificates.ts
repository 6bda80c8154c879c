/** Certificates for tests, made by the `openssl` of the machine; tests that need them are skipped without it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const hasOpenssl = Bun.which("openssl") !== null;

export interface Certificate {
  /** PEM both. */
  cert: string;
  key: string;
}

export interface Authority {
  /** PEM of its own certificate. */
  ca: string;
  /** A certificate of its own for a host name. @param days  negative: it has expired */
  issue(name: string, days?: number): Certificate;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A certificate authority of its own. */
export function newAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), "koppla-ca-"));
  const path = (name: string) => join(folder, name);
  const read = (name: string) => readFileSync(path(name), "utf8");
  const openssl = (...args: string[]) => {
    const { success, stderr } = Bun.spawnSync(["openssl", ...args]);
    if (!success) throw new Error(`openssl ${args[0]}: ${stderr.toString()}`);
  };
  const authority = { key: "", ca: "" };
  openssl(
    "req",
    "-x509",
    ...NEW_KEY,
    "-keyout",
    path("ca.key"),
    "-out",
    path("ca.pem"),
    "-days",
    "2",
    "-subj",
    "/CN=A test's authority",
  );
  Object.assign(authority, { key: read("ca.key"), ca: read("ca.pem") });
  rmSync(folder, { recursive: true });
  return {
    ca: authority.ca,
    issue(name, days = 2) {
      const inside = mkdtempSync(join(tmpdir(), "koppla-cert-"));
      const at = (file: string) => join(inside, file);
      try {
        writeFileSync(at("ca.key"), authority.key, { mode: 0o600 });
        writeFileSync(at("ca.pem"), authority.ca);
        writeFileSync(at("ext"), `subjectAltName=DNS:${name}`);
        openssl("req", ...NEW_KEY, "-keyout", at("key"), "-out", at("csr"), "-subj", `/CN=${name}`);
        openssl(
          "x509",
          "-req",
          "-in",
          at("csr"),
          "-CA",
          at("ca.pem"),
          "-CAkey",
          at("ca.key"),
          "-CAcreateserial",
          "-out",
          at("cert"),
          "-days",
          String(days),
          "-extfile",
          at("ext"),
        );
        return { cert: readFileSync(at("cert"), "utf8"), key: readFileSync(at("key"), "utf8") };
      } finally {
        rmSync(inside, { recursive: true });
      }
    },
  };
}
