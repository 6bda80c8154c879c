import { expect, test } from "bun:test";

import { Networks, parseNetworks } from "./networks.ts";

test("an empty list contains every address, also one that is not known", () => {
  const everywhere = new Networks([]);
  for (const address of ["192.0.2.1", "2001:db8::1", null]) expect(everywhere.contains(address)).toBe(true);
});

test("addresses and networks of both families contain what lies in them and nothing else", () => {
  const networks = new Networks(["192.0.2.0/24", "198.51.100.7", "2001:db8:1::/48"]);
  const inside = ["192.0.2.0", "192.0.2.255", "198.51.100.7", "2001:db8:1::9", "2001:DB8:1:0::9"];
  const outside = ["192.0.3.1", "198.51.100.8", "2001:db8:2::1", "::1", "nonsense", "", null];
  for (const address of inside) expect([address, networks.contains(address)]).toEqual([address, true]);
  for (const address of outside) expect([address, networks.contains(address)]).toEqual([address, false]);
});

test("an IPv4 address written as IPv6 is the IPv4 address, in every spelling", () => {
  const networks = new Networks(["192.0.2.0/24"]);
  for (const address of ["::ffff:192.0.2.7", "::ffff:c000:207", "0:0:0:0:0:ffff:c000:0207"])
    expect([address, networks.contains(address)]).toEqual([address, true]);
  expect(networks.contains("::ffff:192.0.3.7")).toBe(false);
  expect(new Networks(["::ffff:192.0.2.0/120"]).contains("192.0.2.200")).toBe(true);
  expect(new Networks(["::ffff:192.0.2.0/120"]).contains("192.0.3.1")).toBe(false);
});

test("all of one family is nothing of the other", () => {
  expect(new Networks(["::/0"]).contains("192.0.2.1")).toBe(false);
  expect(new Networks(["::/0"]).contains("::ffff:192.0.2.1")).toBe(false);
  expect(new Networks(["::/0"]).contains("2001:db8::1")).toBe(true);
  expect(new Networks(["0.0.0.0/0"]).contains("2001:db8::1")).toBe(false);
  expect(new Networks(["0.0.0.0/0"]).contains("::ffff:192.0.2.1")).toBe(true);
  expect(new Networks(["::ffff:0:0/96"]).contains("192.0.2.1")).toBe(true);
});

test("a zone is left out of an address", () => {
  expect(new Networks(["fe80::/10"]).contains("fe80::1%eth0")).toBe(true);
});

test("a list is taken in canonical form, each entry once", () => {
  const list = ["192.0.2.7", "192.0.2.7/32", "::ffff:192.0.2.7", "2001:DB8:0:0::/32", "10.0.0.0/8"];
  expect(parseNetworks(list, "allowed_ips")).toEqual(["192.0.2.7", "2001:db8::/32", "10.0.0.0/8"]);
});

test("what is no address or network is refused, and told where it stands", () => {
  const wrong = ["", "partner.example", "192.0.2.0/33", "192.0.2", "::/129", "1.2.3.4/8/8", "fe80::1%eth0"];
  for (const text of [...wrong, "::ffff:192.0.2.0/24", "192.0.2.0/-1", 7, null]) {
    expect(() => parseNetworks(["192.0.2.1", text], "allowed_ips")).toThrow(
      /^allowed_ips\[1\]: must be an IP/,
    );
  }
});
