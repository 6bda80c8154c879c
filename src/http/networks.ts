/** Lists of addresses and networks from which something may be used (`allowed_ips`). */
import { BlockList, isIP } from "node:net";

import { invalid } from "../problem.ts";
import { listOf, type Parser } from "./members.ts";

/** More would be a mistake: networks exist so that addresses need not be counted. */
const MAX_NETWORKS = 100;

/**
 * IPv4 and IPv6 have a list each, because Node's BlockList takes `::/0` for every IPv4 address too.
 * An IPv4 address that is written as IPv6 (RFC 4291, 2.5.5.2) counts as what it is, in the list and in the request.
 */
export class Networks {
  readonly #everywhere: boolean;
  readonly #v4 = new BlockList();
  readonly #v6 = new BlockList();

  /** @param list  addresses and networks such as `192.0.2.0/24`; none means every address */
  constructor(list: readonly string[]) {
    this.#everywhere = list.length === 0;
    for (const text of list) {
      const network = parse(text);
      if (!network) throw new Error("an entry of a list of networks is not one");
      const { address, bits, v4 } = network;
      if (v4) this.#v4.addSubnet(address, bits, "ipv4");
      else this.#v6.addSubnet(address, bits, "ipv6");
    }
  }

  /** @param address  null: not known, which no list contains */
  contains(address: string | null): boolean {
    if (this.#everywhere) return true;
    if (address === null || isIP(address) === 0) return false;
    const bare = canonical(address);
    return isIP(bare) === 4 ? this.#v4.check(bare, "ipv4") : this.#v6.check(bare, "ipv6");
  }
}

/** An address or a network of IPv4 or IPv6, in its canonical form. */
const network: Parser<string> = (value, field) => {
  const parsed = typeof value === "string" ? parse(value.trim()) : undefined;
  if (!parsed)
    throw invalid(field, "must be an IP address or a network such as 192.0.2.0/24 or 2001:db8::/32");
  const { address, bits, v4 } = parsed;
  return bits === (v4 ? 32 : 128) ? address : `${address}/${bits}`;
};

/** `allowed_ips` as it comes in: each once. */
export const parseNetworks: Parser<string[]> = (value, field) => [
  ...new Set(listOf(network, { max: MAX_NETWORKS })(value, field)),
];

interface Network {
  address: string;
  /** Of the prefix, counted in the address's own family. */
  bits: number;
  v4: boolean;
}

function parse(text: string): Network | undefined {
  const [given = "", prefix, more] = text.split("/");
  if (isIP(given) === 0 || given.includes("%") || more !== undefined) return undefined;
  const address = canonical(given);
  const v4 = isIP(address) === 4;
  const width = isIP(given) === 4 ? 32 : 128;
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
  const told = prefix === undefined ? width : Number(prefix);
  // The prefix of an IPv4-mapped network counts the 96 bits that say that it is one.
  const bits = v4 && width === 128 ? told - 96 : told;
  return told > width || bits < 0 ? undefined : { address, bits, v4 };
}

/**
 * An IP address as it is written most simply: IPv6 as RFC 5952 has it, an IPv4 address that is written as IPv6 as
 * what it is. A zone (`%eth0`) says nothing of where it lies.
 */
export function canonical(address: string): string {
  if (isIP(address) === 4) return address;
  const [bare = ""] = address.split("%");
  const text = URL.parse(`http://[${bare}]/`)?.hostname.slice(1, -1) ?? bare;
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text);
  if (!mapped) return text;
  const [high, low] = [mapped[1], mapped[2]].map((part) => Number.parseInt(part ?? "", 16));
  return [high, low].flatMap((part = 0) => [part >> 8, part & 255]).join(".");
}
