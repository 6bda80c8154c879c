import { describe, expect, test } from "bun:test";

import { AddressRules } from "./addresses.ts";
import { Blocked, TargetGuard, Unresolved } from "./guard.ts";

function guard(allowed: string[], answers: Record<string, string[]> = {}) {
  const asked: string[] = [];
  let now = 0;
  const made = new TargetGuard({
    rules: new AddressRules(allowed),
    now: () => now,
    lookup: async (host) => {
      asked.push(host);
      const found = answers[host];
      if (!found) throw new Error("ENOTFOUND");
      return found;
    },
  });
  return {
    targets: async (url: string) => await made.targets(url),
    asked,
    later: (ms: number) => void (now += ms),
    answers,
  };
}

describe("a URL", () => {
  test("of a public name is sent to its address, under its name", async () => {
    const { targets } = guard([], { "partner.example": ["93.184.216.34", "2606:2800::1"] });
    expect(await targets("https://Partner.example:8443/hooks?a=1")).toEqual([
      {
        url: "https://93.184.216.34:8443/hooks?a=1",
        address: "93.184.216.34",
        host: "partner.example:8443",
        serverName: "partner.example",
      },
      {
        url: "https://[2606:2800::1]:8443/hooks?a=1",
        address: "2606:2800::1",
        host: "partner.example:8443",
        serverName: "partner.example",
      },
    ]);
  });

  test("whose name has one public and one private address is refused", async () => {
    const { targets } = guard([], { "mixed.example": ["93.184.216.34", "10.0.0.1"] });
    expect(targets("https://mixed.example/")).rejects.toThrow(
      "mixed.example (10.0.0.1) is a private address",
    );
  });

  test.each([
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127.0.0.1./",
    "https://public.example@127.0.0.1/",
    "https://127.0.0.1@public.example/",
    "ftp://public.example/",
    "file:///etc/passwd",
    "https://",
  ])("%s is refused", async (url) => {
    const { targets } = guard([], { "public.example": ["93.184.216.34"] });
    expect(targets(url)).rejects.toBeInstanceOf(Blocked);
  });

  test.each(["http://public.example/", "https://public.example:22/", "https://public.example:6667/"])(
    "%s is refused unless the sysadmin names it",
    async (url) => {
      const answers = { "public.example": ["93.184.216.34"] };
      expect(guard([], answers).targets(url)).rejects.toThrow("webhooks.allow_targets");
      expect(await guard(["public.example"], answers).targets(url)).toHaveLength(1);
      expect(await guard(["93.184.216.0/24"], answers).targets(url)).toHaveLength(1);
    },
  );

  test("of an allowed literal address goes there as it is", async () => {
    const { targets, asked } = guard(["127.0.0.1"]);
    expect(await targets("http://127.0.0.1:8080/x")).toEqual([
      { url: "http://127.0.0.1:8080/x", address: "127.0.0.1" },
    ]);
    expect(asked).toEqual([]);
  });
});

describe("a name", () => {
  test("is looked up once for all who ask within two seconds", async () => {
    const { targets, asked, later } = guard([], { "partner.example": ["93.184.216.34"] });
    await Promise.all([targets("https://partner.example/a"), targets("https://partner.example/b")]);
    later(1_999);
    await targets("https://partner.example./c");
    expect(asked).toEqual(["partner.example"]);
    later(1);
    await targets("https://partner.example/d");
    expect(asked).toHaveLength(2);
  });

  test("that changes to a private address is refused at the next look-up", async () => {
    const { targets, answers, later } = guard([], { "rebind.example": ["93.184.216.34"] });
    await targets("https://rebind.example/");
    answers["rebind.example"] = ["127.0.0.1"];
    later(2_000);
    expect(targets("https://rebind.example/")).rejects.toBeInstanceOf(Blocked);
  });

  test("that does not resolve is told as such, and asked for again at once", async () => {
    const { targets, answers } = guard([]);
    expect(targets("https://gone.example/")).rejects.toBeInstanceOf(Unresolved);
    await targets("https://gone.example/").catch(() => {});
    answers["gone.example"] = ["93.184.216.34"];
    expect(await targets("https://gone.example/")).toHaveLength(1);
  });
});
