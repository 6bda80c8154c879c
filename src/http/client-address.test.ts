import { describe, expect, test } from "bun:test";

import { ClientAddresses, originOf } from "./client-address.ts";
import { requestId } from "./respond.ts";

/** The address of a request that comes from `peer` with these headers. */
function addressOf(trusted: string[], peer: string | null, ...forwarded: string[]): string | null {
  const addresses = new ClientAddresses(trusted);
  addresses.bind({ requestIP: () => (peer === null ? null : { address: peer }) });
  const headers = new Headers();
  for (const value of forwarded) headers.append("x-forwarded-for", value);
  return addresses.of(new Request("http://localhost/", { headers }));
}

const PROXY = "10.0.0.5";

describe("the client's address", () => {
  test("is the peer's where no proxy is trusted, whatever the peer says", () => {
    expect(addressOf([], "192.0.2.7")).toBe("192.0.2.7");
    expect(addressOf([], "192.0.2.7", "203.0.113.9")).toBe("192.0.2.7");
  });

  test("is the peer's where another proxy is trusted than it", () => {
    expect(addressOf([PROXY], "192.0.2.7", "203.0.113.9")).toBe("192.0.2.7");
    expect(addressOf(["10.0.0.0/29"], "10.0.0.8", "203.0.113.9")).toBe("10.0.0.8");
  });

  test("is the hop that a trusted proxy tells", () => {
    expect(addressOf([PROXY], PROXY, "203.0.113.9")).toBe("203.0.113.9");
    expect(addressOf([PROXY], PROXY, " 203.0.113.9 ")).toBe("203.0.113.9");
  });

  test("is the right-most hop that is not trusted: what stands left of it, the client wrote himself", () => {
    expect(addressOf([PROXY], PROXY, "198.51.100.1, 203.0.113.9")).toBe("203.0.113.9");
    expect(addressOf([PROXY], PROXY, "127.0.0.1,10.0.0.5,203.0.113.9")).toBe("203.0.113.9");
    expect(addressOf([PROXY, "172.16.0.0/12"], PROXY, "198.51.100.1, 203.0.113.9, 172.16.4.4")).toBe(
      "203.0.113.9",
    );
  });

  test("is the same whether the hops come in one header or in several", () => {
    expect(addressOf([PROXY, "172.16.0.0/12"], PROXY, "198.51.100.1", "203.0.113.9", "172.16.4.4")).toBe(
      "203.0.113.9",
    );
  });

  test("is the farthest hop where every one is trusted", () => {
    expect(addressOf(["10.0.0.0/8"], PROXY, "10.1.1.1, 10.2.2.2")).toBe("10.1.1.1");
  });

  test("is the peer's where the proxy tells nothing", () => {
    expect(addressOf([PROXY], PROXY)).toBe(PROXY);
    expect(addressOf([PROXY], PROXY, "")).toBe(PROXY);
  });

  const garbage = [
    ...["unknown", "_hidden", "203.0.113", "203.0.113.9.1", "256.1.1.1", "localhost", "203.0.113.9/32"],
    ...["0x7f.1", "2130706433", "[::1", "::1]", "[203.0.113.9", "203.0.113.9:99999999", "<script>", "1;2"],
    ..."2001:db8:::1 2001:db8::g".split(" "),
    "a".repeat(100_000),
  ];
  test.each(garbage)("is the last good hop where the next one is no address: %p", (hop) => {
    expect(addressOf(["10.0.0.0/8"], PROXY, `203.0.113.1, ${hop}, 10.9.9.9`)).toBe("10.9.9.9");
    expect(addressOf(["10.0.0.0/8"], PROXY, `203.0.113.1, ${hop}`)).toBe(PROXY);
  });

  test("is found behind empty hops only as far as they are", () => {
    expect(addressOf(["10.0.0.0/8"], PROXY, "203.0.113.1,,10.9.9.9")).toBe("10.9.9.9");
    expect(addressOf(["10.0.0.0/8"], PROXY, "203.0.113.1,")).toBe(PROXY);
    expect(addressOf(["10.0.0.0/8"], PROXY, ",10.9.9.9")).toBe("10.9.9.9");
  });

  test("has no port and no brackets, which some proxies add", () => {
    expect(addressOf([PROXY], PROXY, "203.0.113.9:4711")).toBe("203.0.113.9");
    expect(addressOf([PROXY], PROXY, "[2001:db8::1]:443")).toBe("2001:db8::1");
    expect(addressOf([PROXY], PROXY, "[2001:db8::1]")).toBe("2001:db8::1");
  });

  test("has one spelling: RFC 5952, and IPv4 where it is that, also mapped into IPv6", () => {
    expect(addressOf([], "::ffff:192.0.2.7")).toBe("192.0.2.7");
    expect(addressOf([], "::ffff:c000:207")).toBe("192.0.2.7");
    expect(addressOf([], "2001:0DB8:0:0:0:0:0:1")).toBe("2001:db8::1");
    expect(addressOf([], "fe80::1%eth0")).toBe("fe80::1");
    expect(addressOf([PROXY], PROXY, "::FFFF:203.0.113.9")).toBe("203.0.113.9");
  });

  test("is looked for behind a proxy that is trusted by its IPv4 address and comes by IPv6", () => {
    expect(addressOf([PROXY], `::ffff:${PROXY}`, "203.0.113.9")).toBe("203.0.113.9");
    expect(addressOf([`::ffff:${PROXY}`], PROXY, "203.0.113.9")).toBe("203.0.113.9");
    expect(addressOf(["2001:db8::/32"], "2001:db8::5", "203.0.113.9")).toBe("203.0.113.9");
  });

  test("of IPv4 is in no network of IPv6, not even in all of it", () => {
    expect(addressOf(["::/0"], "192.0.2.7", "203.0.113.9")).toBe("192.0.2.7");
  });

  test("is not known where there is no peer, and before the server listens", () => {
    expect(addressOf([], null, "203.0.113.9")).toBeNull();
    expect(new ClientAddresses([PROXY]).of(new Request("http://localhost/"))).toBeNull();
  });
});

test("the origin of a request has the id that its answer will have", () => {
  const addresses = new ClientAddresses([]);
  addresses.bind({ requestIP: () => ({ address: "192.0.2.7" }) });
  const request = new Request("http://localhost/");
  const origin = originOf(addresses, request);
  expect(origin.address).toBe("192.0.2.7");
  expect(origin.requestId).toBe(requestId(request));
  expect(originOf(addresses, request)).toEqual(origin);
  expect(requestId(new Request("http://localhost/"))).not.toBe(String(origin.requestId));
});
