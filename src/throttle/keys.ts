/** Whose failures are counted together. */
import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";

/** What the database bears as it is; anything else is hashed, for it comes from whoever calls. */
const PLAIN = /^[\w.@-]{1,100}$/;

/** Everything that one address does. @param address  as `ClientAddresses` gives it */
export function addressKey(address: string | null): string {
  return `address:${place(address)}`;
}

/** What one address does as one client; others who use the same client id from elsewhere are not slowed down. */
export function clientKey(address: string | null, clientId: string): string {
  return `client:${place(address)} ${plain(clientId)}`;
}

/** What anybody does as one person. @param organisation  its code */
export function userKey(organisation: string, username: string): string {
  return `user:${plain(organisation)} ${plain(username.toLowerCase())}`;
}

/**
 * An IPv6 address counts as its /64: that is what a subscriber is given at least (RFC 6177), and it has more addresses
 * than anybody can be slowed down for one by one.
 */
function place(address: string | null): string {
  if (address === null) return "unknown";
  return isIPv6(address) ? `${firstHalf(address)}::/64` : plain(address);
}

function firstHalf(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  // An address that ends in dotted IPv4 has two groups in its last part.
  const width = (parts: string[]) => parts.length + (parts.at(-1)?.includes(".") ? 1 : 0);
  const zeros = tail === undefined ? 0 : 8 - width(groups) - width(rest);
  const all = [...groups, ...Array<string>(zeros).fill("0"), ...rest];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

function plain(text: string): string {
  if (PLAIN.test(text)) return text;
  return `#${createHash("sha256").update(text).digest("base64url").slice(0, 22)}`;
}
