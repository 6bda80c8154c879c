/**
 * What parties are looked up by. Where the YAML asks for it (`web_messages.party_ids: hashed`), the database has a
 * party's id only sealed, and a MAC of it to look it up by: who has a copy of the database, and not the key file, finds
 * nobody. What was stored before the setting changed stays as it is, and is found all the same.
 */
import { createHmac } from "node:crypto";

import type { SecretBox } from "../secrets/seal.ts";
import type { MessageRow } from "./message.ts";

export type PartyIds = "plain" | "hashed";

const SEALED = "sealed:";
const MAC = "mac:";

export class Parties {
  readonly #mode: PartyIds;
  readonly #key: Uint8Array;
  readonly #box: SecretBox;

  /** @param key  for the MACs, derived from the master key for this purpose alone */
  constructor({ mode, key, box }: { mode: PartyIds; key: Uint8Array; box: SecretBox }) {
    this.#mode = mode;
    this.#key = key;
    this.#box = box;
  }

  /** How a party's id is stored with a message. @param partyId  a UUID, as it was sent */
  stored(
    partyId: string,
    { id, organisationId }: { id: string; organisationId: number },
  ): Pick<MessageRow, "partyKey" | "partyId"> {
    const plain = partyId.toLowerCase();
    if (this.#mode === "plain") return { partyKey: plain, partyId: plain === partyId ? null : partyId };
    return {
      partyKey: this.#mac(organisationId, plain),
      partyId: SEALED + this.#box.seal(partyId, contextOf(id)),
    };
  }

  /** As it was sent. */
  shown({ id, partyKey, partyId }: Pick<MessageRow, "id" | "partyKey" | "partyId">): string {
    if (partyId === null) return partyKey;
    return partyId.startsWith(SEALED) ? this.#box.open(partyId.slice(SEALED.length), contextOf(id)) : partyId;
  }

  /** Everything that the messages of a party may be stored under, in any spelling of its id. */
  keys(organisationId: number, partyId: string): readonly [plain: string, mac: string] {
    const plain = partyId.toLowerCase();
    return [plain, this.#mac(organisationId, plain)];
  }

  /** How a party is called in the audit log and in operations, which outlive its messages. */
  name(organisationId: number, partyId: string): string {
    const [plain, mac] = this.keys(organisationId, partyId);
    return this.#mode === "plain" ? plain : mac;
  }

  /** A party's id for a row that is kept, and back. @param context  where it lies */
  seal(partyId: string, context: string): string {
    return this.#box.seal(partyId, context);
  }

  open(sealed: string, context: string): string {
    return this.#box.open(sealed, context);
  }

  /** 128 bits of it: as many as a UUID has. */
  #mac(organisationId: number, plain: string): string {
    const mac = createHmac("sha256", this.#key).update(`${organisationId}:${plain}`).digest();
    return MAC + mac.subarray(0, 16).toString("base64url");
  }
}

const contextOf = (messageId: string): string => `message:${messageId}:party`;
