/**
 * `Idempotency-Key`: a request that may be sent again because nobody knows whether it arrived. What it asks for is done
 * once, and who asks again is answered as the first time, for 24 hours. A key belongs to an organisation and to whose
 * token it came with. Modelled after draft-ietf-httpapi-idempotency-key-header-07.
 */
import type { Clock } from "../clock.ts";
import { Heartbeat, LEASE } from "../heartbeat.ts";
import type { Logger } from "../log.ts";
import { Problem } from "../problem.ts";
import { Rounds } from "../rounds.ts";
import type { SecretBox } from "../secrets/seal.ts";
import type { Store } from "../store/store.ts";
import { Claim, contextOf, type KeptAnswer, underWay } from "./claim.ts";
import {
  dropOldKeys,
  dropRunning,
  endWritten,
  findKey,
  insertKey,
  type KeyRow,
  oldestKey,
  openKeys,
  renewRuns,
  takeKey,
} from "./queries.ts";

/** Whose key it is. */
export interface KeyOwner {
  organisationId: number;
  /** As in the audit log, with whoever acts in its name. */
  subject: string;
}

export interface IdempotencyOptions {
  store: Store;
  clock: Clock;
  /** Answers may hold secrets: a new account's token, a receiver's. */
  box: SecretBox;
  /** 32 bytes. */
  fingerprintKey: Uint8Array;
}

/** What is to become of a request: it is run (and its claim settled or released), or answered as before. */
export type Beginning = { claim: Claim; answer?: never } | { answer: KeptAnswer; claim?: never };

export const KEY_LIFE = 24 * 3_600_000;
/** On SQLite, where whoever starts frees what was left: after a request whose end could not be stored. */
const ALONE_LEASE = 10 * 60_000;
const PAUSE = 10 * 60_000;
const CHUNK = 200;
const LONGEST_KEY = 255;

export class Idempotency {
  readonly #o: IdempotencyOptions;
  readonly #heartbeat: Heartbeat | undefined;
  #rounds: Rounds | undefined;
  #log: Pick<Logger, "warn"> = { warn() {} };

  constructor(options: IdempotencyOptions) {
    this.#o = options;
    const { store, clock } = options;
    // On SQLite nobody else can be at work.
    if (store.dialect === "sqlite") return;
    this.#heartbeat = new Heartbeat({
      clock,
      renew: (runs, until) => store.write((tx) => tx.query(renewRuns(runs, until))),
      failed: (error) => this.#log.warn("idempotency keys under way could not be held", { error }),
    });
  }

  /** The removal of old keys, once it is {@link start}ed. @param log  where it tells that it failed */
  rounds(log: Pick<Logger, "error">): Rounds {
    const { clock } = this.#o;
    const failure = "old idempotency keys could not be removed";
    this.#rounds ??= new Rounds({ clock, log, pause: PAUSE, failure, round: () => this.#prune() });
    return this.#rounds;
  }

  /**
   * Claims the key for this request, or finds what it was answered.
   * @param fingerprint  of all that the request says: {@link fingerprint}
   * @throws Problem `invalid` when the key was used for another request; `conflict` while that request is under way, or
   *   when it was carried out and its answer is lost
   */
  async begin(owner: KeyOwner, key: string, fingerprint: string): Promise<Beginning> {
    const { store, clock, box } = this.#o;
    const now = clock.now();
    const run = Bun.randomUUIDv7();
    const lease = this.#heartbeat ? LEASE : ALONE_LEASE;
    const columns = { fingerprint, run, leaseUntil: now + lease, createdAt: now };
    const found = await store.write(async (tx) => {
      const [mine] = await tx.run(insertKey, { ...owner, key, ...columns });
      if (mine) return undefined;
      const [row] = await tx.run(findKey, { ...owner, key });
      if (!row) throw underWay();
      const isFree = row.createdAt + KEY_LIFE <= now || (row.state === "running" && row.leaseUntil <= now);
      if (!isFree) return row;
      // Of another request it is refused below, unless it is so old that it is none any more.
      if (row.createdAt + KEY_LIFE > now && row.fingerprint !== fingerprint) return row;
      const [taken] = await tx.query(takeKey(row, columns));
      if (!taken) throw underWay();
      return undefined;
    });
    const heartbeat = this.#heartbeat;
    if (!found) return { claim: new Claim({ ...owner, key, run }, { store, box, heartbeat }) };
    return { answer: this.#before(found, fingerprint, now) };
  }

  #before(row: KeyRow, fingerprint: string, now: number): KeptAnswer {
    if (row.fingerprint !== fingerprint) {
      const message = "was used for another request within 24 hours";
      const violations = [{ field: "Idempotency-Key", message }];
      throw new Problem("invalid", `The Idempotency-Key ${message}.`, { violations });
    }
    if (row.state !== "done" && row.leaseUntil > now) throw underWay();
    if (row.status === null) {
      throw new Problem(
        "conflict",
        "The request with this Idempotency-Key was carried out, but its answer is lost: the server stopped before it gave one. Look for what it made.",
      );
    }
    const body = row.body === null ? null : this.#o.box.open(row.body, contextOf(row));
    return { status: row.status, headers: row.headers, body };
  }

  /**
   * What tells a request from another one, hex. Keyed: there may be a password in the body.
   * @param body  its bytes, or a digest of them where they are nowhere as a whole
   */
  fingerprint(request: Pick<Request, "method" | "url">, body: Uint8Array | string): string {
    const { pathname, search } = new URL(request.url);
    const head = `${request.method} ${pathname}${search}\n`;
    return new Bun.CryptoHasher("sha256", this.#o.fingerprintKey).update(head).update(body).digest("hex");
  }

  /** Frees what an earlier process left, and removes by the clock what is too old, until {@link stop}. */
  async start(log: Logger): Promise<void> {
    const { store } = this.#o;
    const [left] = await store.read((reader) => reader.run(openKeys, {}));
    // Elsewhere another process may be at work; its lease tells.
    if (left && store.dialect === "sqlite") {
      await store.write(async (tx) => {
        await tx.run(dropRunning, {});
        await tx.run(endWritten, {});
      });
    }
    this.#log = log;
    this.rounds(log).start();
  }

  /** Resolves when the round that is under way, if there is one, has ended. */
  async settled(): Promise<void> {
    await this.#rounds?.settled();
  }

  async stop(): Promise<void> {
    await this.#rounds?.stop();
  }

  async #prune(): Promise<number> {
    const { store, clock } = this.#o;
    const now = clock.now();
    for (;;) {
      const [oldest] = await store.read((reader) => reader.run(oldestKey, {}));
      const due = (oldest?.at ?? now) + KEY_LIFE;
      if (due >= now || this.#rounds?.stopped) return due + 1;
      await store.write((tx) => tx.run(dropOldKeys, { before: now - KEY_LIFE, limit: CHUNK }));
      await Bun.sleep(5);
    }
  }
}

/**
 * The key of a request; undefined where it has none. With or without the quotes of the draft.
 * @throws Problem `malformed`
 */
export function keyOf(headers: Headers): string | undefined {
  const given = headers.get("idempotency-key");
  if (given === null) return undefined;
  const key = /^"(.*)"$/.exec(given)?.[1] ?? given;
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= LONGEST_KEY) return key;
  throw new Problem(
    "malformed",
    `The Idempotency-Key must be 1 to ${LONGEST_KEY} visible ASCII characters, such as a UUID.`,
  );
}
