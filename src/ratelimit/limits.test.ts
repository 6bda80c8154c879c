import { beforeEach, describe, expect, test } from "bun:test";

import type { Principal } from "../accounts/principal.ts";
import { ManualClock } from "../clock.ts";
import { Problem } from "../problem.ts";
import { RateLimits } from "./limits.ts";

function principal(account: string, organisation = 1): Principal {
  return {
    organisation: { id: organisation, code: "demo", name: "Demo" },
    subject: { kind: "account", id: account, clientId: `acc_${account}`, name: "ERP" },
    client: { id: account, clientId: `acc_${account}` },
    grants: [],
  };
}

function problemOf(fn: () => unknown): Problem {
  try {
    fn();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("rate limits", () => {
  let clock: ManualClock;
  let limits: RateLimits;
  beforeEach(() => {
    clock = new ManualClock();
    const given = {
      account: { requests: 3, window: 5_000 },
      organisation: { requests: 5, window: 60_000 },
    };
    limits = new RateLimits(given, clock);
  });

  const request = () => new Request("http://localhost/");
  const take = (of: Principal) => {
    const one = request();
    limits.take(one, of);
    return one;
  };
  const headers = (of: Request) => {
    const response = new Response();
    limits.tell(of, response);
    return [response.headers.get("ratelimit-policy"), response.headers.get("ratelimit")];
  };

  test("are none where the configuration has none, and others after a reload", () => {
    const none = new RateLimits({ account: null, organisation: null }, clock);
    limits = none;
    for (let i = 0; i < 10; i++) expect(headers(take(principal("a")))).toEqual([null, null]);
    none.reload({ account: { requests: 1, window: 5_000 }, organisation: null });
    expect(headers(take(principal("a")))[1]).toBe('"account";r=0;t=5');
    expect(problemOf(() => take(principal("a"))).code).toBe("too_many_requests");
  });

  test("count a request once, though it asks again who its caller is", async () => {
    const authenticate = limits.limit(() => principal("a"));
    const long = request();
    for (let i = 0; i < 10; i++) await authenticate(long);
    expect(headers(long)[1]).toStartWith('"account";r=2;');
    await authenticate(request());
    await authenticate(request());
    expect(problemOf(() => authenticate(request())).code).toBe("too_many_requests");
  });

  test("are told with every answer, as the IETF draft has it", () => {
    const policy = '"account";q=3;w=5, "organisation";q=5;w=60';
    expect(headers(take(principal("a")))).toEqual([policy, '"account";r=2;t=5, "organisation";r=4;t=60']);
    clock.advance(1_500);
    expect(headers(take(principal("a")))).toEqual([policy, '"account";r=1;t=4, "organisation";r=3;t=59']);
    expect(headers(take(principal("b")))).toEqual([policy, '"account";r=2;t=5, "organisation";r=2;t=59']);
    expect(headers(take(principal("a", 2)))[1]).toBe('"account";r=0;t=4, "organisation";r=4;t=60');
  });

  test("are not told where nobody was counted", () => {
    expect(headers(request())).toEqual([null, null]);
  });

  test("refuse what an account asks for beyond, with the time to wait, until its window is over", () => {
    for (let i = 0; i < 3; i++) take(principal("a"));
    const refused = request();
    const problem = problemOf(() => limits.take(refused, principal("a")));
    expect([problem.status, problem.headers["retry-after"]]).toEqual([429, "5"]);
    expect(problem.message).toContain("this account");
    expect(headers(refused)[1]).toBe('"account";r=0;t=5, "organisation";r=2;t=60');
    take(principal("b"));
    clock.advance(5_000);
    take(principal("a"));
  });

  test("refuse what an organisation asks for beyond, whichever of its accounts asks", () => {
    for (const name of ["a", "a", "b", "b", "c"]) take(principal(name));
    const problem = problemOf(() => limits.take(request(), principal("d")));
    expect([problem.status, problem.headers["retry-after"]]).toEqual([429, "60"]);
    expect(problem.message).toContain("this organisation");
    take(principal("a", 2));
  });

  test("count nothing of what they refuse", () => {
    for (let i = 0; i < 3; i++) take(principal("a"));
    for (let i = 0; i < 100; i++) problemOf(() => limits.take(request(), principal("a")));
    expect(headers(take(principal("b")))[1]).toContain('"organisation";r=1');
  });

  test("count an account together with the people in whose name it acts, and a person's session by itself", () => {
    const anna: Principal["subject"] = { kind: "user", id: "u1", username: "anna", name: "Anna" };
    take({ ...principal("a"), subject: anna, actor: { clientId: "acc_a" } });
    expect(headers(take(principal("a")))[1]).toContain('"account";r=1');
    const { client: _, ...session } = { ...principal("a"), subject: anna };
    expect(headers(take(session))[1]).toContain('"account";r=2');
  });

  test("hold for a principal that is known at once and for one that is looked up", async () => {
    const sync = limits.limit(() => principal("a"));
    const async = limits.limit(async () => principal("a"));
    const [one, two] = [request(), request()];
    expect(sync(one)).toMatchObject({ subject: { id: "a" } });
    expect(await async(two)).toMatchObject({ subject: { id: "a" } });
    expect(headers(two)[1]).toContain('"account";r=1');
    take(principal("a"));
    expect(problemOf(() => sync(request())).status).toBe(429);
    await expect(Promise.resolve(async(request()))).rejects.toBeInstanceOf(Problem);
  });

  test("count nobody who is not let in", () => {
    const denied = limits.limit(() => {
      throw new Problem("unauthorized", "no");
    });
    expect(problemOf(() => denied(request())).status).toBe(401);
    expect(headers(take(principal("a")))[1]).toContain('"account";r=2');
  });
});
