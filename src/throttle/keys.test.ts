import { describe, expect, test } from "bun:test";

import { addressKey, clientKey, userKey } from "./keys.ts";

describe("the key of failures", () => {
  test("is an IPv4 address as it is", () => {
    expect(addressKey("192.0.2.7")).toBe("address:192.0.2.7");
    expect(clientKey("192.0.2.7", "acc_0123")).toBe("client:192.0.2.7 acc_0123");
  });

  test("is an IPv6 address's /64, however the address is written", () => {
    const one = "address:2001:db8:1:2::/64";
    for (const address of [
      ...["2001:db8:1:2::", "2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff:ffff:ffff:ffff"],
      ...["2001:0db8:0001:0002::9", "2001:DB8:1:2::a", "2001:db8:1:2::192.0.2.7"],
    ])
      expect([address, addressKey(address)]).toEqual([address, one]);
    for (const address of ["2001:db8:1:3::1", "2001:db8:1::1", "2001:db8::1:2:0:0:1", "::2"])
      expect([address, addressKey(address)]).not.toEqual([address, one]);
    expect(addressKey("::1")).toBe("address:0:0:0:0::/64");
    expect(addressKey("2001:db8::")).toBe("address:2001:db8:0:0::/64");
    expect(addressKey("1:2:3:4:5:6:7:8")).toBe("address:1:2:3:4::/64");
    expect(addressKey("::2:3:4:5:6:7:8")).toBe("address:0:2:3:4::/64");
  });

  test("is another for each client, organisation and username, but not for capital letters", () => {
    const keys = [clientKey("192.0.2.7", "a"), clientKey("192.0.2.7", "b"), clientKey("192.0.2.8", "a")];
    expect(new Set([...keys, userKey("demo", "anna"), userKey("other", "anna")]).size).toBe(5);
    expect(userKey("demo", "Anna")).toBe(userKey("demo", "anna"));
  });

  test("is short and harmless whatever somebody calls himself", () => {
    for (const name of ["x".repeat(100_000), "a\u0000b", "a b", "", "åsa", "a\nb", "\ud800"]) {
      expect(clientKey("192.0.2.7", name)).toMatch(/^client:192\.0\.2\.7 [\w#-]{1,100}$/);
      expect(userKey("demo", name)).toMatch(/^user:demo [\w#-]{1,100}$/);
    }
    expect(userKey("demo", "å")).not.toBe(userKey("demo", "ä"));
    // One that looks like another's hash is not taken for it.
    expect(userKey("demo", userKey("demo", "å").slice("user:demo ".length))).not.toBe(userKey("demo", "å"));
  });

  test("of an address that is not known is one for all of them", () => {
    expect(addressKey(null)).toBe("address:unknown");
  });
});
