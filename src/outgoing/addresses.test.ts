import { describe, expect, test } from "bun:test";

import { AddressRules, plain } from "./addresses.ts";

const closed = new AddressRules([]);
const vet = (rules: AddressRules, address: string, host = address) => rules.refusal(host, address);

describe("with nothing allowed", () => {
  test.each([
    ["10.1.2.3", "a private address"],
    ["172.16.0.1", "a private address"],
    ["172.31.255.255", "a private address"],
    ["192.168.1.1", "a private address"],
    ["fd12::1", "a private address"],
    ["fec0::1", "a private address"],
    ["100.64.0.1", "a shared address"],
    ["192.0.0.8", "a special-purpose address"],
    ["198.18.0.1", "a special-purpose address"],
    ["192.0.2.1", "for documentation"],
    ["198.51.100.7", "for documentation"],
    ["203.0.113.9", "for documentation"],
    ["2001:db8::1", "for documentation"],
    ["127.0.0.1", "this machine"],
    ["127.255.255.254", "this machine"],
    ["::1", "this machine"],
    ["0.0.0.0", "this machine"],
    ["0.1.2.3", "this machine"],
    ["::", "this machine"],
    ["169.254.0.1", "a link-local address"],
    ["fe80::1", "a link-local address"],
    ["169.254.169.254", "metadata"],
    ["168.63.129.16", "metadata"],
    ["fd00:ec2::254", "metadata"],
    ["224.0.0.1", "a multicast address"],
    ["ff02::1", "a multicast address"],
    ["240.0.0.1", "a reserved address"],
    ["255.255.255.255", "a reserved address"],
    ["::ffff:10.0.0.1", "a private address"],
    ["::ffff:7f00:1", "this machine"],
    ["::ffff:a9fe:a9fe", "metadata"],
    ["64:ff9b::7f00:1", "translated to IPv4"],
    ["64:ff9b:1::1", "translated to IPv4"],
    ["2002:7f00:1::", "translated to IPv4"],
    ["2001:0:1::1", "translated to IPv4"],
    ["::7f00:1", "translated to IPv4"],
  ])("%s is refused as %s, and the setting is named", (address, what) => {
    const refusal = vet(closed, address);
    expect(refusal).toContain(what);
    expect(refusal).toContain("webhooks.allow_targets");
    expect(refusal).toContain(plain(address));
  });

  test.each(["8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2a00:1450::1", "::ffff:8.8.8.8"])(
    "%s is public",
    (address) => expect(vet(closed, address)).toBeUndefined(),
  );
});

describe("a private address", () => {
  test.each([
    ["10.0.0.0/8"],
    ["10.1.2.3"],
    ["10.1.2.3/32"],
    ["erp.corp.local"],
    ["*.corp.local"],
    ["0.0.0.0/0"],
  ])("is opened by %s", (entry) =>
    expect(vet(new AddressRules([entry]), "10.1.2.3", "erp.corp.local")).toBeUndefined(),
  );

  test.each([
    ["10.1.2.4"],
    ["10.2.0.0/16"],
    ["corp.local"],
    ["*.erp.corp.local"],
    ["xerp.corp.local"],
    ["fd00::/8"],
  ])("is not opened by %s", (entry) =>
    expect(vet(new AddressRules([entry]), "10.1.2.3", "erp.corp.local")).toBeDefined(),
  );

  test("written as IPv6 is opened by the IPv4 network", () => {
    expect(vet(new AddressRules(["10.0.0.0/8"]), "::ffff:10.1.2.3")).toBeUndefined();
  });
});

describe("an address of this machine or its cloud", () => {
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["127.0.0.1", "127.0.0.1/32"],
    ["::1", "::1"],
    ["169.254.169.254", "169.254.169.254"],
    ["127.0.0.1", "hooks.local"],
    ["::ffff:127.0.0.1", "127.0.0.1"],
  ])("%s is opened by exactly %s", (address, entry) => {
    expect(vet(new AddressRules([entry]), address, "hooks.local")).toBeUndefined();
  });

  test.each([
    ["127.0.0.1", "127.0.0.0/8"],
    ["127.0.0.1", "0.0.0.0/0"],
    ["127.0.0.1", "*.local"],
    ["127.0.0.2", "127.0.0.1"],
    ["::1", "::/0"],
    ["169.254.169.254", "169.254.0.0/16"],
    ["fd00:ec2::254", "fc00::/7"],
  ])("%s is not opened by %s", (address, entry) => {
    expect(vet(new AddressRules([entry]), address, "hooks.local")).toContain("exactly");
  });
});
