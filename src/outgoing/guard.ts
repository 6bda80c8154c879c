/**
 * Where an outgoing request really goes. A name is resolved once, every answer is vetted, and the connection is made
 * to an address that was vetted: what the name stands for a moment later makes no difference (DNS rebinding).
 */
import { isIP } from "../http/ip.ts";
import { type AddressRules, plain } from "./addresses.ts";

/** All addresses of a name, as the system resolves it (`/etc/hosts` included). Rejects when there are none. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** `getaddrinfo`: what an administrator has put into `/etc/hosts` or nsswitch counts. */
export const systemLookup: Lookup = async (host) => {
  const { lookup } = await import("node:dns/promises");
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
};

export interface Target {
  /** The URL with a vetted address in place of the name. */
  url: string;
  address: string;
  /** What the `Host` header must say, where the URL does not any more. */
  host?: string;
  /** The name on the certificate. */
  serverName?: string;
}

export type Targets = readonly [Target, ...Target[]];

/** A target that may not be reached. Its message names the address and the setting. */
export class Blocked extends Error {
  override readonly name = "Blocked";
}

/** A name that does not resolve. */
export class Unresolved extends Error {
  override readonly name = "Unresolved";
}

/** What a name stands for is kept for so long, ms: a receiver of a thousand deliveries a second is looked up once. */
const KEEP_MS = 2_000;
const MAX_KEPT = 10_000;
/** Addresses of one name that are tried. */
const MAX_TRIED = 3;

/**
 * Ports above 1023 that speak something else, which a request could be taken for (WHATWG Fetch, "bad port").
 * Of those below only 443 is open, unless the target is one of `allow_targets`.
 */
const BAD_PORTS = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6679, 6697, 10080,
]);

export class TargetGuard {
  #rules: AddressRules;
  readonly #lookup: Lookup;
  readonly #now: () => number;
  readonly #names = new Map<string, { until: number; addresses: Promise<readonly string[]> }>();
  readonly #vetted = new Map<string, { until: number; targets: Targets }>();

  /** @param collaborators.now  milliseconds, never backwards */
  constructor(collaborators: { rules: AddressRules; lookup: Lookup; now?: () => number }) {
    this.#rules = collaborators.rules;
    this.#lookup = collaborators.lookup;
    this.#now = collaborators.now ?? (() => performance.now());
  }

  /** Other rules from now on. */
  reload(rules: AddressRules): void {
    this.#rules = rules;
    this.#vetted.clear();
  }

  /**
   * @returns the targets to try, in the order of the answers; at once, where the URL was vetted a moment ago
   * @throws Blocked, Unresolved
   */
  targets(url: string): Targets | Promise<Targets> {
    const kept = this.#vetted.get(url);
    return kept && kept.until > this.#now() ? kept.targets : this.#vetAll(url);
  }

  /** Whether the URL's host is one that `allow_targets` lists by name or address: an internal one. */
  isListed(text: string): boolean {
    const host = URL.parse(text)?.hostname.replace(/^\[|\]$|\.$/g, "") ?? "";
    return this.#rules.names(host.toLowerCase(), isIP(host) === 0 ? "" : host);
  }

  /** Vets what can be without resolving the name, which a forward proxy does. @throws Blocked */
  vetUnresolved(text: string): void {
    const { url, host } = parse(text);
    // A name says nothing yet of its address: an address that is public stands in for it.
    this.#vet(url, host, isIP(host) === 0 ? SOMEWHERE : host);
  }

  /** Vets a URL whose host is an address; what a name stands for is for {@link targets} to say. @throws Blocked */
  vetAddress(text: string): void {
    const { url, host } = parse(text);
    if (isIP(host) !== 0) this.#vet(url, host, host);
  }

  async #vetAll(text: string): Promise<Targets> {
    const { url, host } = parse(text);
    const literal = isIP(host) !== 0;
    const addresses = literal ? [host] : await this.#resolve(host);
    for (const address of addresses) this.#vet(url, host, address);
    const [first = host, ...rest] = addresses.slice(0, MAX_TRIED);
    const target = (address: string): Target =>
      literal ? { url: url.href, address: plain(host) } : pinned(url, host, address);
    const targets: Targets = [target(first), ...rest.map(target)];
    if (this.#vetted.size >= MAX_KEPT) this.#vetted.clear();
    this.#vetted.set(text, { until: this.#now() + KEEP_MS, targets });
    return targets;
  }

  #vet(url: URL, host: string, address: string): void {
    const refusal = this.#rules.refusal(host, address);
    if (refusal !== undefined) throw new Blocked(refusal);
    if (this.#rules.names(host, address)) return;
    if (url.protocol !== "https:") {
      throw new Blocked(`${host} is reached by https only; webhooks.allow_targets lists those that are not`);
    }
    const port = url.port === "" ? 443 : Number(url.port);
    if (port !== 443 && (port < 1024 || BAD_PORTS.has(port) || (port >= 6665 && port <= 6669))) {
      throw new Blocked(`port ${port} of ${host} is closed; webhooks.allow_targets opens a target's ports`);
    }
  }

  /** One question for all who ask at the same time, and for a moment after. */
  async #resolve(host: string): Promise<readonly string[]> {
    const now = this.#now();
    const kept = this.#names.get(host);
    if (kept && kept.until > now) return await kept.addresses;
    if (this.#names.size >= MAX_KEPT) this.#names.clear();
    const addresses = this.#lookup(host).then(
      (found) => {
        if (found.length === 0) throw new Unresolved(`${host} has no address`);
        return found.map(plain);
      },
      () => {
        throw new Unresolved(`${host} does not resolve`);
      },
    );
    this.#names.set(host, { until: now + KEEP_MS, addresses });
    try {
      return await addresses;
    } catch (error) {
      this.#names.delete(host);
      throw error;
    }
  }
}

const SOMEWHERE = "1.1.1.1";

/** @returns the URL and its host in lower case, without brackets and the dot at its end */
function parse(text: string): { url: URL; host: string } {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) throw new Blocked("only http and https are spoken");
  if (url.username !== "" || url.password !== "") throw new Blocked("a URL with a user is not spoken to");
  return { url, host: url.hostname.replace(/^\[|\]$|\.$/g, "").toLowerCase() };
}

function pinned(url: URL, host: string, address: string): Target {
  const there = new URL(url);
  there.hostname = isIP(address) === 6 ? `[${address}]` : address;
  return { url: there.href, address, host: url.host, ...(url.protocol === "https:" && { serverName: host }) };
}
