/**
 * How often an account may call, and all of an organisation together (`rate_limits`); of each server process.
 *
 * Told by `RateLimit` and `RateLimit-Policy` as draft-ietf-httpapi-ratelimit-headers-10 has them: `q` requests in `w`
 * seconds, of which `r` are left for `t` seconds.
 */
import type { Organisation, Principal, Subject } from "../accounts/principal.ts";
import type { Clock } from "../clock.ts";
import type { Config, RateLimit } from "../config/types.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { Problem } from "../problem.ts";
import { FixedWindows, type Standing } from "./window.ts";

/** What of a principal says whose requests are counted together. */
export interface Caller {
  organisation: Pick<Organisation, "id">;
  subject: Pick<Subject, "id">;
  client?: { id: string };
}

interface Policy {
  name: "account" | "organisation";
  windows: FixedWindows;
  /** Whose requests are counted together. */
  keyOf: (caller: Caller) => string;
}

export class RateLimits {
  readonly #clock: Clock;
  #policies: readonly Policy[] = [];
  #policyHeader = "";
  /** What an answer is to say of itself. */
  readonly #headers = new WeakMap<Request, string>();
  readonly #counted = new WeakSet<Request>();

  constructor(limits: Config["rateLimits"], clock: Clock) {
    this.#clock = clock;
    this.reload(limits);
  }

  /** Other limits from now on. What has been counted is forgotten. */
  reload(limits: Config["rateLimits"]): void {
    const given = (["account", "organisation"] as const).flatMap((name) => {
      const limit = limits[name];
      return limit ? [{ name, limit }] : [];
    });
    this.#policies = given.map(({ name, limit }) => ({
      name,
      windows: new FixedWindows(limit.requests, limit.window),
      keyOf: name === "account" ? accountKey : ({ organisation }) => String(organisation.id),
    }));
    this.#policyHeader = given.map(({ name, limit }) => policyItem(name, limit)).join(", ");
  }

  /**
   * Counts a request. One that is refused does not count: who goes on asking is let in when the window is over.
   * @throws Problem `too_many_requests` with `Retry-After`
   */
  take(request: Request, caller: Caller): void {
    if (this.#policies.length === 0) return;
    const now = this.#clock.now();
    const keyed = this.#policies.map((policy) => ({ ...policy, key: policy.keyOf(caller) }));
    const before = keyed.map(({ name, windows, key }) => ({ name, ...windows.standing(key, now) }));
    const full = before.filter(({ remaining }) => remaining === 0);
    if (full.length > 0) {
      this.#headers.set(request, before.map(standingItem).join(", "));
      throw tooMany(full);
    }
    const after = keyed.map(({ name, windows, key }) => ({ name, ...windows.take(key, now) }));
    this.#headers.set(request, after.map(standingItem).join(", "));
  }

  /**
   * The same authentication, with each request counted whose principal is known: once, though one that goes on for long
   * asks again whether it still may.
   */
  limit(authenticate: Authenticate): Authenticate {
    const counted = (request: Request, principal: Principal) => {
      if (this.#policies.length === 0 || this.#counted.has(request)) return principal;
      this.take(request, principal);
      this.#counted.add(request);
      return principal;
    };
    return (request) => {
      const principal = authenticate(request);
      return principal instanceof Promise
        ? principal.then((known) => counted(request, known))
        : counted(request, principal);
    };
  }

  /** Puts the headers on the answer of a request that was counted. */
  tell(request: Request, response: Response): void {
    if (this.#policies.length === 0) return;
    const standing = this.#headers.get(request);
    if (standing === undefined) return;
    response.headers.set("ratelimit-policy", this.#policyHeader);
    response.headers.set("ratelimit", standing);
  }
}

/** A person's own session has no account: it counts as the person's. */
function accountKey({ client, subject }: Caller): string {
  return client?.id ?? subject.id;
}

function policyItem(name: string, { requests, window }: RateLimit): string {
  return `"${name}";q=${requests};w=${seconds(window)}`;
}

function standingItem({ name, remaining, left }: Standing & { name: string }): string {
  return `"${name}";r=${remaining};t=${seconds(left)}`;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

function tooMany(full: readonly (Standing & { name: Policy["name"] })[]): Problem {
  const whose = { account: "this account", organisation: "this organisation" };
  const names = full.map(({ name }) => whose[name]).join(" and ");
  const wait = seconds(Math.max(...full.map(({ left }) => left)));
  return new Problem("too_many_requests", `Too many requests of ${names}; try again in ${wait} s.`, {
    headers: { "retry-after": String(wait) },
  });
}
