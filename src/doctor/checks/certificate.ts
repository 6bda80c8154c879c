import { CertificateError, readCertificate } from "../../tls/certificate.ts";
import { type Check, error, type Finding, lasting, ok, skipped, warning } from "../check.ts";

const DAY = 86_400_000;
/** Certificates that renew themselves do so a month before: later, something is wrong. */
const WARNING = 21 * DAY;
const ERROR = 7 * DAY;

/** Whether the server's certificate is good, and for how long. */
export const certificate: Check = {
  name: "certificate",
  run: ({ config: { server }, clock }) => {
    if (!server.tls) return skipped("server.tls is not set: another server speaks TLS, or none does.");
    try {
      const { notAfter, names } = readCertificate(server.tls);
      return judgeAge(notAfter - clock.now(), names);
    } catch (thrown) {
      if (!(thrown instanceof CertificateError)) throw thrown;
      return error(`The certificate cannot be used: ${thrown.message}.`, "Mend the files of server.tls.");
    }
  },
};

/** @param left  ms until it ends @param names  whom it is for */
export function judgeAge(left: number, names: string): Finding {
  const remedy = "Renew it, and put the new one in place of the files of server.tls.";
  if (left <= 0) return error(`The certificate (${names}) ended ${lasting(-left)} ago.`, remedy);
  const told = `The certificate (${names}) is good for ${lasting(left)}.`;
  if (left < ERROR) return error(told, remedy);
  return left < WARNING ? warning(told, remedy) : ok(told);
}
