/** What has to hold between the settings of the HTTP server. */
import { CertificateError, readCertificate } from "../tls/certificate.ts";
import type { Partly } from "./rules.ts";
import type { RawConfig } from "./schema.ts";
import type { Path } from "./source.ts";

type Report = (path: Path, message: string) => void;

/** @param thorough  read the certificate and its key too, which only the server's own user may be able to */
export function serverRules(server: Partly<RawConfig>["server"], thorough: boolean, report: Report): void {
  const { public_url: publicUrl, base_path: basePath, tls, http_redirect: redirect, hsts } = server ?? {};
  const https = publicUrl === undefined ? tls !== undefined : publicUrl.startsWith("https:");
  if (redirect !== undefined && !https)
    report(
      ["server", "http_redirect"],
      "found no https to lead to, expected server.tls or an https public_url",
    );
  if (hsts !== undefined && !https)
    report(["server", "hsts"], "found no https to keep to, expected server.tls or an https public_url");
  if (tls !== undefined && server?.listen !== undefined && "unix" in server.listen)
    report(
      ["server", "tls"],
      "found a certificate for a socket, which never leaves the machine; expected none",
    );
  const path = publicUrl === undefined ? undefined : URL.parse(publicUrl)?.pathname.replace(/\/+$/, "");
  // `/` says that a proxy takes the path away.
  if (path !== undefined && basePath !== undefined && basePath !== "" && basePath !== path)
    report(
      ["server", "base_path"],
      `found ${basePath}, expected the path of public_url (${path === "" ? "it has none" : path})`,
    );
  if (thorough) certificate(tls, report);
}

function certificate(tls: Partly<RawConfig["server"]["tls"]>, report: Report): void {
  const { cert_file: certFile, key_file: keyFile } = tls ?? {};
  if (certFile === undefined || keyFile === undefined) return;
  try {
    readCertificate({ certFile, keyFile });
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    report(["server", "tls", error.part === "certFile" ? "cert_file" : "key_file"], error.message);
  }
}
