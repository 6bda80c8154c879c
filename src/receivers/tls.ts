/** The certificates of a receiver: those that it is known by, and the one that we show it (mutual TLS). */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

import { collect, parseMembers, type Parser, refuse } from "../http/members.ts";
import { invalid, type Violation } from "../problem.ts";
import type { ReceiverTls } from "./receiver.ts";

/** Of PEM: a chain is some kilobytes, the authorities of an operating system some hundred. */
const MAX_CERTIFICATES = 65_536;
const MAX_KEY = 16_384;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----/g;

/** A certificate as it is shown. */
export interface ShownCertificate {
  subject: string;
  /** SHA-256, as `openssl x509 -fingerprint -sha256` writes it. */
  fingerprint: string;
  expires_at: string;
}

/** As the API shows it: never the key. */
export interface ShownTls {
  /** Of the client certificate that we show; what follows it in a chain is left out. */
  cert?: ShownCertificate;
  ca?: ShownCertificate[];
}

/** Null takes the certificates away. @throws Problem `invalid`, which repeats no key */
export const parseTls: Parser<ReceiverTls | null> = (value, field) => {
  if (value === null) return null;
  const tls = parseMembers(value, { ca: chain, cert: chain, key: privateKey }, { field });
  const { cert, key } = tls;
  const violations: Violation[] = [];
  collect(violations, () => {
    if (cert !== undefined && key === undefined) throw invalid(`${field}.key`, "is required with cert");
    if (key !== undefined && cert === undefined) throw invalid(`${field}.cert`, "is required with key");
    if (cert === undefined || key === undefined) return;
    const [own] = certificatesOf(cert);
    if (!own?.checkPrivateKey(createPrivateKey(key)))
      throw invalid(`${field}.key`, "is not the key of the first certificate in cert");
  });
  refuse(violations);
  return Object.keys(tls).length === 0 ? null : tls;
};

const chain: Parser<string> = (value, field) => {
  const text = pem(value, field, MAX_CERTIFICATES);
  let found: X509Certificate[];
  try {
    found = certificatesOf(text);
  } catch {
    throw invalid(field, "holds a certificate that cannot be read");
  }
  if (found.length === 0) throw invalid(field, "must hold PEM certificates (-----BEGIN CERTIFICATE-----)");
  return text;
};

const privateKey: Parser<string> = (value, field) => {
  const text = pem(value, field, MAX_KEY);
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    throw invalid(field, "must be an unencrypted private key in PEM (-----BEGIN PRIVATE KEY-----)");
  }
  if (key.asymmetricKeyType === undefined) throw invalid(field, "must be a private key");
  return text;
};

function pem(value: unknown, field: string, max: number): string {
  if (typeof value !== "string") throw invalid(field, "must be text");
  if (value.length > max) throw invalid(field, `must have at most ${max} characters`);
  return value;
}

function certificatesOf(text: string): X509Certificate[] {
  return (text.match(CERTIFICATE) ?? []).map((one) => new X509Certificate(one));
}

export function showTls({ cert, ca }: ReceiverTls): ShownTls {
  const [own] = cert === undefined ? [] : certificatesOf(cert);
  return {
    ...(own && { cert: showCertificate(own) }),
    ...(ca !== undefined && { ca: certificatesOf(ca).map(showCertificate) }),
  };
}

function showCertificate({ subject, fingerprint256, validTo }: X509Certificate): ShownCertificate {
  return {
    subject: subject.replaceAll("\n", ", "),
    fingerprint: fingerprint256,
    expires_at: new Date(validTo).toISOString(),
  };
}
