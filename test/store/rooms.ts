/** The services of receivers and their log over a database, with two organisations. */
import { AccountService } from "../../src/accounts/service.ts";
import { TokenHasher } from "../../src/accounts/tokens.ts";
import { type Author, shell } from "../../src/audit/entry.ts";
import { AuditLog } from "../../src/audit/service.ts";
import { ChangeFeed } from "../../src/changes/service.ts";
import { TopicCatalogue } from "../../src/changes/topics.ts";
import { type Clock, ManualClock, systemClock } from "../../src/clock.ts";
import type { TypeConfig } from "../../src/config/types.ts";
import { DeliveryLog } from "../../src/deliveries/log.ts";
import { grantVocabulary } from "../../src/grants/vocabulary.ts";
import { OrganisationService } from "../../src/organisations/service.ts";
import { type ReceiverCollaborators, ReceiverService } from "../../src/receivers/service.ts";
import { TypeRegistry } from "../../src/records/types.ts";
import type { ReceiverOptionDependencies } from "../../src/receivers/option-routes.ts";
import { SecretBox } from "../../src/secrets/seal.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { makeDatabase, type TestDatabase } from "./databases.ts";

type Settings = ReceiverCollaborators["webhooks"];

const webhooks: Settings = {
  bundle: { quiet: 5_000, longest: 60_000, size: 500 },
  retrySchedules: {
    table: { steps: [3_600_000, 7_200_000], then: "fail" },
    quick: { steps: [1_000], then: "repeat" },
  },
};

export interface Tenant {
  id: number;
  /** Who does what a test does. */
  by: Author;
  /** The account that receivers are made for where a test does not care. */
  account: { id: string; clientId: string };
  /** Where its feed ends: that account is a change of it. */
  head: number;
}

export interface Rooms {
  database: TestDatabase;
  store: Store;
  clock: ManualClock;
  audit: AuditLog;
  feed: ChangeFeed;
  organisations: OrganisationService;
  accounts: AccountService;
  /** Accounts over another connection to the same database, as another process has them. */
  otherServer(): Promise<{ store: Store; accounts: AccountService }>;
  receivers: ReceiverService;
  /** What receivers may be made of. */
  offered: Omit<ReceiverOptionDependencies, "authenticate">;
  log: DeliveryLog;
  /** Two organisations of the test's own; {@link Rooms.renew} makes others. */
  mine: Tenant;
  theirs: Tenant;
  /** For the next test on this database, which is cheaper than a database for each. */
  renew(): Promise<void>;
  /** Receivers over the same database with other settings. */
  receiversWith(settings: Partial<Settings>, key?: number): ReceiverService;
  close(): Promise<void>;
}

const typeNamed = (name: string, object: string): TypeConfig => ({
  ...{ name, object, key: "integer", schema: { type: "object" }, parent: null },
  ...{ public: [], filters: [], description: "" },
});

/** Organisations over a store, and nothing else. */
export function organisationsOn(
  store: Store,
  feed: ChangeFeed = new ChangeFeed(store),
  clock: Clock = systemClock,
): OrganisationService {
  const vocabulary = grantVocabulary({ types: {}, actions: {} });
  return new OrganisationService({ store, feed, clock, vocabulary, audit: new AuditLog({ store, clock }) });
}

/** @param scan  how many rows a page of the log looks at */
export async function makeRooms(kind: "sqlite" | "postgres", scan = 5_000): Promise<Rooms> {
  const database = await makeDatabase(kind);
  const clock = new ManualClock();
  const store = await openStore(database.options, clock);
  const feed = new ChangeFeed(store);
  const topics = new TopicCatalogue(["trainings", "institutes"]);
  const types = new TypeRegistry({
    trainings: typeNamed("trainings", "training"),
    institutes: typeNamed("institutes", "institute"),
  });
  const audit = new AuditLog({ store, clock });
  const organisations = organisationsOn(store, feed, clock);
  const hasher = new TokenHasher(new Uint8Array(32));
  const vocabulary = grantVocabulary({
    types: { trainings: { filters: ["institute_id", "city"] }, institutes: {} },
    actions: {},
  });
  const box = new SecretBox(new Uint8Array(32));
  const accounts = new AccountService({
    ...{ store, clock, organisations, hasher, vocabulary, audit, feed, box },
  });
  const others: Store[] = [];
  const otherServer = async () => {
    const other = await openStore(database.options, clock);
    others.push(other);
    const feedThere = new ChangeFeed(other);
    const accountsThere = new AccountService({
      ...{ store: other, clock, hasher, vocabulary, audit: new AuditLog({ store: other, clock }), box },
      feed: feedThere,
      organisations: organisationsOn(other, feedThere, clock),
    });
    return { store: other, accounts: accountsThere };
  };
  const receiversWith = (settings: Partial<Settings>, key = 1) =>
    new ReceiverService({
      ...{ store, feed, clock, accounts, audit, topics, vocabulary },
      box: new SecretBox(new Uint8Array(32).fill(key)),
      webhooks: { ...webhooks, ...settings },
      guard: { vetAddress() {} },
    });
  const receivers = receiversWith({});
  let tenants = 0;
  const tenant = async (): Promise<Tenant> => {
    const code = `tenant-${++tenants}`;
    const { id } = await organisations.create({ code, name: code });
    const account = await accounts.create({ organisationId: id, name: "ERP", grants: [] });
    const head = await store.read((reader) => feed.head(reader, id));
    return { id, by: shell(id), account, head };
  };
  const rooms: Rooms = {
    ...{ database, store, clock, audit, feed, organisations, accounts, otherServer },
    ...{ receivers, receiversWith },
    offered: { types, topics, vocabulary, config: { webhooks: { ...webhooks, timeout: 15_000 } } },
    log: new DeliveryLog({ store, clock, receivers, audit, types, scan }),
    mine: await tenant(),
    theirs: await tenant(),
    renew: async () => {
      rooms.mine = await tenant();
      rooms.theirs = await tenant();
    },
    close: async () => {
      for (const other of others) await other.close();
      await store.close();
      await database.remove();
    },
  };
  return rooms;
}

/** Writes a change to an organisation's feed. */
export async function change({ store, feed }: Rooms, organisationId: number, key: string): Promise<void> {
  await store.write(async (tx) =>
    feed.record(tx, {
      ...{ organisationId, key, topic: "Trainings.Update", object: "training", action: "update" },
      at: 1,
      subject: null,
      actor: null,
    }),
  );
}
