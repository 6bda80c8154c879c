/**
 * From which address a request comes. Behind a proxy that is configured (`server.trusted_proxies`) it is the right-most
 * hop of `X-Forwarded-For` that is not such a proxy: what stands left of it was written by whoever called, and may say
 * anything. From anybody else the header is not looked at.
 */
import { isIP } from "node:net";

import type { Origin } from "../audit/entry.ts";
import { canonical, Networks } from "./networks.ts";
import { keepRequestId } from "./respond.ts";

/** What of Bun's server is needed; it exists only once the application listens. */
export interface PeerSource {
  requestIP(request: Request): { address: string } | null;
  /** It listens on a socket in the file system: whoever may open that is the proxy, and is believed. */
  readonly onSocket?: boolean;
}

export class ClientAddresses {
  /** None where no proxy is trusted: a list of no networks would be every address. */
  readonly #trusted: Networks | undefined;
  #server: PeerSource | undefined;

  /** @param trustedProxies  addresses and networks in CIDR notation */
  constructor(trustedProxies: readonly string[]) {
    this.#trusted = trustedProxies.length > 0 ? new Networks(trustedProxies) : undefined;
  }

  bind(server: PeerSource): void {
    this.#server = server;
  }

  /**
   * The client's address: IPv4 dotted (also where it came mapped into IPv6), IPv6 as RFC 5952 writes it.
   * @returns null where there is no peer: the connection has ended already, there is no server (tests), or the proxy
   *   at the socket does not say
   */
  of(request: Request): string | null {
    if (this.#server?.onSocket) {
      const forwarded = request.headers.get("x-forwarded-for");
      return forwarded === null ? null : this.#walk(null, forwarded);
    }
    const peer = this.#server?.requestIP(request)?.address;
    if (peer === undefined || isIP(peer) === 0) return null;
    const address = canonical(peer);
    if (!this.#trusts(address)) return address;
    const forwarded = request.headers.get("x-forwarded-for");
    return forwarded === null ? address : this.#walk(address, forwarded);
  }

  /** From the nearest hop to the farthest, until one is not a trusted proxy or is no address at all. */
  #walk(peer: string | null, forwarded: string): string | null {
    let last = peer;
    for (let end = forwarded.length; end >= 0;) {
      const comma = end === 0 ? -1 : forwarded.lastIndexOf(",", end - 1);
      const hop = hopAddress(forwarded.slice(comma + 1, end));
      // What a trusted proxy could not say is not known: the request came at least through `last`.
      if (hop === undefined) return last;
      last = hop;
      if (!this.#trusts(hop)) return last;
      end = comma;
    }
    return last;
  }

  #trusts(address: string): boolean {
    return this.#trusted?.contains(address) ?? false;
  }
}

/** Address and id of a request, as the audit log has them; its answer then carries the same id. */
export function originOf(addresses: ClientAddresses, request: Request): Origin {
  return { address: addresses.of(request), requestId: keepRequestId(request) };
}

/** The longest that an address with brackets, a zone and a port can be. */
const MAX_HOP = 80;

/** Some proxies add the port, and brackets with it: `192.0.2.1:4711`, `[2001:db8::1]:443`. */
function hopAddress(text: string): string | undefined {
  const hop = text.trim();
  if (hop.length > MAX_HOP) return undefined;
  const [, bracketed, plain] = /^\[([^\]]+)\](?::\d{1,5})?$|^([\d.]+):\d{1,5}$/.exec(hop) ?? [];
  const address = bracketed ?? plain ?? hop;
  return isIP(address) === 0 ? undefined : canonical(address);
}
