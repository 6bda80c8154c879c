/**
 * An organisation's password, for the paths that take `org` and `pw` with every request. argon2id would cost each of
 * them 50 ms of a core, so a password that was right once is recognised by its HMAC under a key of this process.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

import type { Denied } from "../accounts/known-tokens.ts";
import type { Organisation } from "../accounts/principal.ts";
import type { Author } from "../audit/entry.ts";
import type { Clock } from "../clock.ts";
import { parseDuration } from "../config/kinds.ts";
import { duration, parseMembers } from "../http/members.ts";
import { Networks } from "../http/networks.ts";
import type { PasswordGate } from "../passwords/gate.ts";
import { refuseKeptSecret } from "../provision/kept.ts";
import { forReal } from "../rehearsal.ts";
import type { Reader, Store } from "../store/store.ts";
import { addressKey, clientKey, type Throttle } from "../throttle/service.ts";
import { password, type ShownOrganisation } from "./organisation.ts";
import { organisationByCode, type OrganisationRow } from "./queries.ts";
import type { OrganisationService } from "./service.ts";

/** How long the password before stays good where nothing is said: partners change their settings in a day. */
const OVERLAP = "24h";
/** Remembered passwords; an organisation has two at most. */
const MAX_REMEMBERED = 1_000;

export class OrganisationPasswords {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #gate: PasswordGate;
  readonly #throttle: Throttle;
  readonly #organisations: OrganisationService;
  readonly #key = randomBytes(32);
  /** By the hash that the password is right for: a password that was changed is forgotten by itself. */
  readonly #remembered = new Map<string, Buffer>();
  /** Checks under way, by hash and HMAC of what was sent. */
  readonly #checking = new Map<string, Promise<boolean>>();

  constructor(collaborators: {
    store: Store;
    clock: Clock;
    gate: PasswordGate;
    throttle: Throttle;
    organisations: OrganisationService;
  }) {
    this.#store = collaborators.store;
    this.#clock = collaborators.clock;
    this.#gate = collaborators.gate;
    this.#throttle = collaborators.throttle;
    this.#organisations = collaborators.organisations;
  }

  /**
   * @param body  `{password, overlap?}`: null takes it away; for `overlap` the one before is good, too
   * @throws Problem `invalid`, `too_many_requests`
   */
  async set(author: Author, body: unknown): Promise<ShownOrganisation> {
    const length = duration("0s", "90d");
    const parsed = parseMembers(
      body,
      {
        password: (value: unknown, field: string) => (value === null ? null : password(value, field)),
        overlap: length,
      },
      { required: ["password"] },
    );
    const overlap = parseDuration(parsed.overlap ?? OVERLAP) ?? 0;
    if (parsed.password === null) {
      return await this.#organisations.change(author, "organisation.password_remove", {}, (row) => {
        refuseKeptSecret(row);
        return { passwordHash: null, previousPasswordHash: null, previousPasswordUntil: null };
      });
    }
    const passwordHash = await this.#gate.hash(parsed.password);
    const detail = { overlap: parsed.overlap ?? OVERLAP };
    return await this.#organisations.change(author, "organisation.password", detail, (row) => {
      refuseKeptSecret(row);
      const rotates = overlap > 0 && row.passwordHash !== null;
      return {
        passwordHash,
        previousPasswordHash: rotates ? row.passwordHash : null,
        previousPasswordUntil: rotates ? this.#clock.now() + overlap : null,
      };
    });
  }

  /**
   * The organisation whose code and password these are, or why it is none: for the audit log alone. A code that there
   * is not takes as long as a wrong password.
   * @param address  where the request comes from
   * @throws Problem `too_many_requests`: guessed too often from there, or too many are being checked
   */
  async check(code: string, given: string, address: string | null): Promise<Organisation | Denied> {
    const mine = clientKey(address, `organisation ${code}`);
    const keys = [addressKey(address), mine];
    const { row, failed } = await this.#store.read(async (reader) => ({
      failed: await this.#throttle.check(reader, keys),
      row: await find(reader, code),
    }));
    const hashes = row ? this.#hashes(row) : [];
    const right = await this.#isRight(given, hashes, address, keys);
    if (!row || !right) {
      await forReal(() => this.#store.write((tx) => this.#throttle.fail(tx, keys)));
      if (!row) return { denied: "unknown organisation" };
      return { denied: "wrong password", known: knownOf(row) };
    }
    // The address's failures stay: who has one password could else guess others for ever.
    if (failed.includes(mine)) await this.#store.write((tx) => this.#throttle.clear(tx, [mine]));
    if (!new Networks(row.allowedIps).contains(address))
      return { denied: "address not allowed", known: knownOf(row) };
    return { id: row.id, code: row.code, name: row.name };
  }

  #hashes({ passwordHash, previousPasswordHash, previousPasswordUntil }: OrganisationRow): string[] {
    const previous = (previousPasswordUntil ?? 0) > this.#clock.now() ? previousPasswordHash : null;
    return [passwordHash, previous].filter((hash) => hash !== null);
  }

  async #isRight(
    given: string,
    hashes: readonly string[],
    address: string | null,
    keys: readonly string[],
  ): Promise<boolean> {
    const mac = createHmac("sha256", this.#key).update(given).digest();
    for (const hash of hashes) {
      const known = this.#remembered.get(hash);
      if (known && timingSafeEqual(known, mac)) return true;
    }
    for (const hash of hashes.length === 0 ? [undefined] : hashes) {
      const right = await this.#verify(given, mac, hash, address);
      // Those who came side by side have failed by now.
      await this.#store.read((reader) => this.#throttle.check(reader, keys));
      if (right) return true;
    }
    return false;
  }

  /**
   * Who sends the same at once shares the check: the first requests of a busy site after a start would else be more
   * than the gate lets in.
   */
  #verify(given: string, mac: Buffer, hash: string | undefined, address: string | null): Promise<boolean> {
    const name = `${hash ?? ""} ${mac.toString("base64")}`;
    const under = this.#checking.get(name);
    if (under) return under;
    const checking = this.#gate
      .verify(given, hash, address)
      .then((right) => {
        if (right && hash !== undefined) this.#remember(hash, mac);
        return right;
      })
      .finally(() => this.#checking.delete(name));
    this.#checking.set(name, checking);
    return checking;
  }

  #remember(hash: string, mac: Buffer): void {
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(hash, mac);
  }
}

async function find(reader: Reader, code: string): Promise<OrganisationRow | undefined> {
  // What no code looks like is not looked up: PostgreSQL takes text with a NUL in it for an error.
  const [row] = await reader.run(organisationByCode, { code: /^[a-z0-9_-]{1,63}$/.test(code) ? code : "" });
  return row;
}

function knownOf(row: OrganisationRow): { organisationId: number; subject: string } {
  return { organisationId: row.id, subject: `organisation:${row.code}` };
}
