/**
 * The certificate that the server shows, and its key: read, and held against each other before either is used. What does
 * not fit would otherwise be found out by partners, connection by connection.
 */
import type { KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

import { cryptoModule } from "../builtin.ts";
import type { TlsFiles } from "../config/types.ts";

export interface Certificate {
  /** PEM, the server's own first, and the chain behind it. */
  cert: string;
  /** PEM. */
  key: string;
  /** `DNS:koppla.example, IP Address:192.0.2.1`, as OpenSSL writes them; the subject where there are none. */
  names: string;
  /** Milliseconds since 1970. */
  notAfter: number;
  /** SHA-256, in hexadecimal. */
  fingerprint: string;
}

/** What is wrong with the files. `message` completes "found ..." and says what was expected. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";

  constructor(
    /** Of which file. */
    readonly part: keyof TlsFiles,
    message: string,
  ) {
    super(message);
  }
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Reads both files. @throws CertificateError where they cannot be used */
export function readCertificate(files: TlsFiles): Certificate {
  const cert = textOf(files, "certFile");
  const key = textOf(files, "keyFile");
  const chain = certificatesOf(cert, files.certFile);
  const [own] = chain;
  if (!own) {
    throw new CertificateError("certFile", `found no certificate in ${files.certFile}, expected PEM`);
  }
  if (!own.checkPrivateKey(keyOf(key, files.keyFile))) {
    throw new CertificateError(
      "keyFile",
      `found a key in ${files.keyFile} that does not belong to the first certificate in ${files.certFile}, expected its own`,
    );
  }
  return {
    ...{ cert, key },
    notAfter: Date.parse(own.validTo),
    names: own.subjectAltName ?? own.subject,
    fingerprint: own.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

function textOf(files: TlsFiles, part: keyof TlsFiles): string {
  try {
    return readFileSync(files[part], "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "no text";
    throw new CertificateError(part, `found nothing readable at ${files[part]} (${code}), expected PEM`);
  }
}

function certificatesOf(text: string, file: string): X509Certificate[] {
  try {
    return (text.match(BLOCK) ?? []).map((pem) => new (cryptoModule().X509Certificate)(pem));
  } catch {
    throw new CertificateError(
      "certFile",
      `found a certificate in ${file} that cannot be read, expected PEM`,
    );
  }
}

/** Nothing of the key may stand in a message. */
function keyOf(text: string, file: string): KeyObject {
  try {
    return cryptoModule().createPrivateKey(text);
  } catch {
    const what = /ENCRYPTED/.test(text) ? "a key with a passphrase" : "no private key that can be read";
    throw new CertificateError("keyFile", `found ${what} in ${file}, expected PEM without a passphrase`);
  }
}
