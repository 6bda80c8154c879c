import { isIP } from "node:net";

import { systemLookup } from "../../outgoing/guard.ts";
import { type Check, error, ok, warning } from "../check.ts";

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** Whether the address that partners are told leads somewhere. */
export const dns: Check = {
  name: "dns",
  run: async ({ config: { server } }) => {
    const { protocol, hostname } = new URL(server.publicUrl);
    const host = hostname.replace(/^\[|\]$/g, "");
    if (LOOPBACK.test(host)) {
      return warning(
        `server.public_url is ${server.publicUrl}, which leads every partner to his own machine.`,
        "Set server.public_url to the address by which partners reach this server.",
      );
    }
    let addresses: readonly string[] = [host];
    if (isIP(host) === 0) {
      try {
        addresses = await systemLookup(host);
      } catch {
        return error(
          `${host}, of server.public_url, does not resolve on this machine.`,
          "Give the name an address in DNS, or mend server.public_url.",
        );
      }
    }
    const told = `${host} is ${addresses.join(", ")}.`;
    if (protocol === "https:") return ok(told);
    return warning(
      `${told} server.public_url is http: tokens travel where others can read them.`,
      "Set server.tls, or put a proxy that speaks TLS before this server, and say https in server.public_url.",
    );
  },
};
