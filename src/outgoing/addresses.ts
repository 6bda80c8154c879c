/**
 * Which addresses outgoing requests may go to: everything public, and of the rest what `webhooks.allow_targets` names.
 *
 * Two tiers. Private networks are opened by a network, a name or a suffix. What belongs to this machine or its cloud
 * (loopback, link-local, metadata services) is opened by an exact entry alone, so that `0.0.0.0/0` or `*.example.org`
 * never opens it by accident.
 */
import type { BlockList } from "node:net";

import { netModule } from "../builtin.ts";
import { isIP } from "../http/ip.ts";

type Tier = "private" | "exact";

interface Range {
  network: string;
  tier: Tier;
  /** Completes "ADDRESS is ...". */
  what: string;
}

const range = (tier: Tier, what: string, ...networks: string[]): Range[] =>
  networks.map((network) => ({ network, tier, what }));

/** IANA's special-purpose registries (RFC 6890), and what clouds answer metadata on. The first that fits counts. */
const RANGES: readonly Range[] = [
  ...range(
    "exact",
    "a cloud's metadata service",
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "fd00:ec2::254",
  ),
  ...range("exact", "this machine (loopback)", "127.0.0.0/8", "::1"),
  ...range("exact", "this machine (unspecified)", "0.0.0.0/8", "::"),
  ...range("exact", "a link-local address", "169.254.0.0/16", "fe80::/10"),
  ...range("exact", "a multicast address", "224.0.0.0/4", "ff00::/8"),
  ...range("exact", "a reserved address", "240.0.0.0/4"),
  ...range(
    "private",
    "a private address",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
    "fec0::/10",
  ),
  ...range("private", "a shared address (RFC 6598)", "100.64.0.0/10"),
  ...range("private", "a special-purpose address", "192.0.0.0/24", "198.18.0.0/15", "100::/64", "5f00::/16"),
  ...range(
    "private",
    "an address for documentation",
    "192.0.2.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "2001:db8::/32",
    "3fff::/20",
  ),
  // They carry an IPv4 address inside, which a gateway would reach for us.
  ...range(
    "private",
    "an address that is translated to IPv4",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "2002::/16",
    "2001::/32",
    "::/96",
  ),
];

let lists: (Range & { list: BlockList })[] | undefined;

/** What an address is that is not public; undefined for a public one. */
function special(address: string): Range | undefined {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  lists ??= RANGES.map((entry) => ({ ...entry, list: blockList([entry.network]) }));
  return lists.find(({ list }) => list.check(address, family));
}

/** An entry of `allow_targets` that is an address or a network of one. */
const isExact = (entry: string): boolean => {
  const [address = "", bits] = entry.split("/");
  return isIP(address) !== 0 && (bits === undefined || Number(bits) === (isIP(address) === 4 ? 32 : 128));
};

export class AddressRules {
  readonly #exact: BlockList;
  readonly #networks: BlockList;
  readonly #names: ReadonlySet<string>;
  readonly #suffixes: readonly string[];

  /** @param allowTargets  addresses, networks (`10.0.0.0/8`), names (`erp.local`), suffixes (`*.corp.example`) */
  constructor(allowTargets: readonly string[]) {
    const entries = allowTargets.map((entry) => entry.toLowerCase());
    const addresses = entries.filter((entry) => isIP(entry.split("/")[0] ?? "") !== 0);
    const names = entries.filter((entry) => !addresses.includes(entry));
    this.#exact = blockList(addresses.filter(isExact));
    this.#networks = blockList(addresses);
    this.#names = new Set(names.filter((name) => !name.startsWith("*.")));
    this.#suffixes = names.filter((name) => name.startsWith("*.")).map((name) => name.slice(1));
  }

  /**
   * Whether the sysadmin has named this target: it may then be spoken to without TLS, and on any port.
   * @param address  "" where it is not known
   */
  names(host: string, address: string): boolean {
    const family = familyOf(address);
    const listed = address !== "" && this.#networks.check(plain(address), family);
    return listed || this.#byName(host) || this.#bySuffix(host);
  }

  /**
   * @param host  as the URL has it, lower case, without brackets
   * @param address  an address that it stands for
   * @returns why no request may go there, undefined where one may; it names the address and the setting
   */
  refusal(host: string, address: string): string | undefined {
    const bare = plain(address);
    const found = special(bare);
    if (!found || this.#exact.check(bare, familyOf(bare)) || this.#byName(host)) return undefined;
    const { tier, what } = found;
    if (tier === "private") {
      if (this.#bySuffix(host) || this.#networks.check(bare, familyOf(bare))) return undefined;
      return `${shown(host, bare)} is ${what}; webhooks.allow_targets does not list it`;
    }
    return `${shown(host, bare)} is ${what}; webhooks.allow_targets does not list exactly it`;
  }

  #byName(host: string): boolean {
    return this.#names.has(host);
  }

  #bySuffix(host: string): boolean {
    return this.#suffixes.some((suffix) => host.endsWith(suffix));
  }
}

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(plain(address)) === 6 ? "ipv6" : "ipv4");

/** An IPv4 address that is written as IPv6 (RFC 4291, 2.5.5.2) is judged, and reached, as what it is. */
export function plain(address: string): string {
  const mapped = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i.exec(address);
  if (!mapped) return address;
  const [, dotted, high = "", low = ""] = mapped;
  if (dotted !== undefined) return dotted;
  const value = (Number.parseInt(high, 16) << 16) | Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

const shown = (host: string, address: string): string =>
  host === address ? address : `${host} (${address})`;

function blockList(networks: readonly string[]): BlockList {
  const list = new (netModule().BlockList)();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const bare = plain(address);
    const family = isIP(bare) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(bare, family);
    // Bits of a mapped network count from the 96 that say that it is one.
    else list.addSubnet(bare, bare === address ? Number(bits) : Math.max(0, Number(bits) - 96), family);
  }
  return list;
}
