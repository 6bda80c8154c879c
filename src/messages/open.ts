/** Puts the room of web messages together. */
import { BlobStore } from "../blobs/store.ts";
import type { Room } from "../care/care.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { deriveKey } from "../config/key-file.ts";
import type { Config } from "../config/types.ts";
import type { OrganisationService } from "../organisations/service.ts";
import { SecretBox } from "../secrets/seal.ts";
import type { Store } from "../store/store.ts";
import { Parties } from "./parties.ts";
import type { MessageHost, Publisher } from "./publisher.ts";
import { MessageService } from "./service.ts";

export interface MessageRoom {
  blobs: BlobStore;
  parties: Parties;
  messages: MessageService;
}

export function openMessages({
  config,
  master,
  publishing,
  ...rooms
}: {
  config: Pick<Config, "webMessages">;
  /** The master key. */
  master: Uint8Array;
  publishing: Publisher & { bind(host: MessageHost): void };
  store: Store;
  clock: Clock;
  feed: ChangeFeed;
  organisations: OrganisationService;
  room: Room;
}): MessageRoom {
  const { partyIds: mode, requestTimeout } = config.webMessages;
  const blobs = new BlobStore({ ...rooms, longestWrite: requestTimeout });
  const parties = new Parties({
    mode,
    key: deriveKey(master, "party-ids"),
    box: new SecretBox(deriveKey(master, "party-secrets")),
  });
  const messages = new MessageService({ ...rooms, blobs, parties, publisher: publishing });
  publishing.bind(messages);
  return { blobs, parties, messages };
}
