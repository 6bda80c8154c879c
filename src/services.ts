/** Puts the rooms together: what the server and the command line work with. */
import { existsSync } from "node:fs";

import { AccountService } from "./accounts/service.ts";
import { TokenHasher } from "./accounts/tokens.ts";
import { ActionService } from "./actions/service.ts";
import { AuditLog } from "./audit/service.ts";
import { Care } from "./care/care.ts";
import { Publishing } from "./channels/service.ts";
import { ChangeFeed } from "./changes/service.ts";
import { TopicCatalogue } from "./changes/topics.ts";
import { type Clock, systemClock } from "./clock.ts";
import { deriveKey, loadMasterKey } from "./config/key-file.ts";
import type { Config } from "./config/types.ts";
import { type GrantVocabulary, grantVocabulary } from "./grants/vocabulary.ts";
import { noteWrites } from "./idempotency/claim.ts";
import { Doctor } from "./doctor/doctor.ts";
import { Idempotency } from "./idempotency/service.ts";
import { DeliveryLog } from "./deliveries/log.ts";
import { ExportService } from "./exports/service.ts";
import { ImportService } from "./imports/service.ts";
import { LoginKeys } from "./publicapi/people/login-keys.ts";
import { ClientAddresses } from "./http/client-address.ts";
import { Outbox } from "./mail/outbox.ts";
import { smtpDelivery } from "./mail/transport.ts";
import { type MessageRoom, openMessages } from "./messages/open.ts";
import { NodeWatch } from "./nodes/watch.ts";
import { OAuthService } from "./oauth/service.ts";
import { OperationService } from "./operations/service.ts";
import { OrganisationPasswords } from "./organisations/passwords.ts";
import { OverviewService } from "./overview/service.ts";
import { AddressRules } from "./outgoing/addresses.ts";
import { systemLookup, TargetGuard } from "./outgoing/guard.ts";
import { PeerClocks } from "./outgoing/peer-clocks.ts";
import { createSender, type Send } from "./outgoing/request.ts";
import { OrganisationService } from "./organisations/service.ts";
import { PasswordGate } from "./passwords/gate.ts";
import { PortalService } from "./portal/service.ts";
import { Provisioning } from "./provision/service.ts";
import { RateLimits } from "./ratelimit/limits.ts";
import { ReceiverService } from "./receivers/service.ts";
import { RecordService } from "./records/service.ts";
import { TypeRegistry } from "./records/types.ts";
import { ScheduleService } from "./schedules/service.ts";
import { checkMasterKey } from "./secrets/master-key.ts";
import { SecretBox } from "./secrets/seal.ts";
import { openStore } from "./store/open.ts";
import type { Store } from "./store/store.ts";
import { SystemService } from "./system/service.ts";
import { Throttle } from "./throttle/service.ts";
import { openPeople, type People } from "./users/people.ts";

export interface Services extends People, MessageRoom {
  config: Config;
  clock: Clock;
  store: Store;
  /** Which servers share the database, and what those left that are gone. */
  nodes: NodeWatch;
  types: TypeRegistry;
  topics: TopicCatalogue;
  /** What grants may speak of. */
  vocabulary: GrantVocabulary;
  feed: ChangeFeed;
  audit: AuditLog;
  throttle: Throttle;
  /** The only door to argon2id. */
  gate: PasswordGate;
  addresses: ClientAddresses;
  organisations: OrganisationService;
  organisationPasswords: OrganisationPasswords;
  accounts: AccountService;
  oauth: OAuthService;
  records: RecordService;
  receivers: ReceiverService;
  deliveryLog: DeliveryLog;
  operations: OperationService;
  /** How deliveries fare, for who looks. */
  overview: OverviewService;
  /** The server itself, and what is wrong with it. */
  system: SystemService;
  doctor: Doctor;
  /** Records from files, and as files. */
  imports: ImportService;
  exports: ExportService;
  /** What the YAML offers to be run, and what runs by the clock. */
  actions: ActionService;
  schedules: ScheduleService;
  outbox: Outbox;
  /** By mail, to set a password with. */
  loginKeys: LoginKeys;
  /** Links that let partners look after their own receivers. */
  portal: PortalService;
  /** Requests that may come twice. */
  idempotency: Idempotency;
  /** Where web messages are published; told where they are by `bind`. */
  publishing: Publishing;
  rateLimits: RateLimits;
  /** What koppla.yaml keeps. */
  provisioning: Provisioning;
  /** Refuses what would hurt the server. */
  care: Care;
  /** The one way out; and what may be reached through it. */
  send: Send;
  guard: TargetGuard;
  /** What time it is at the other end of it. */
  peerClocks: PeerClocks;
  close(): Promise<void>;
}

/** Opens key file and database (made at the first start) and builds the services over them. */
export async function openServices(config: Config, clock: Clock = systemClock): Promise<Services> {
  const { keyFile } = config.secrets;
  // A key that cannot be used is told before a database is made or migrated.
  const found = existsSync(keyFile) ? await loadMasterKey(keyFile) : undefined;
  const store = noteWrites(await openStore(config.database, clock));
  try {
    return await assemble(config, clock, store, found);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function assemble(
  config: Config,
  clock: Clock,
  store: Store,
  found: Uint8Array | undefined,
): Promise<Services> {
  const types = new TypeRegistry(config.types);
  const topics = new TopicCatalogue(Object.keys(config.types));
  const vocabulary = grantVocabulary(config);
  const feed = new ChangeFeed(store);
  const audit = new AuditLog({ store, clock });
  const throttle = new Throttle({ clock });
  const gate = new PasswordGate();
  const organisations = new OrganisationService({ store, feed, clock, audit, vocabulary });
  // With a new key every token and secret of an existing database would be worthless, for good.
  const master =
    found ??
    (await loadMasterKey(config.secrets.keyFile, { create: (await organisations.all()).length === 0 }));
  await checkMasterKey(store, master, config.secrets.keyFile);
  const accounts = new AccountService({
    store,
    clock,
    organisations,
    vocabulary,
    audit,
    feed,
    hasher: new TokenHasher(deriveKey(master, "api-tokens")),
    box: new SecretBox(deriveKey(master, "account-secrets")),
  });
  const people = openPeople({
    ...{ config, store, clock, audit, feed, throttle, gate, organisations, vocabulary, master },
  });
  const addresses = new ClientAddresses(config.server.trustedProxies);
  const oauth = new OAuthService({
    ...{ store, clock, accounts, audit, throttle, addresses },
    people: people.users,
    hasher: new TokenHasher(deriveKey(master, "oauth-tokens")),
    box: new SecretBox(deriveKey(master, "signing-keys")),
    config: config.oauth,
    publicUrl: config.server.publicUrl,
  });
  const rules = new AddressRules(config.webhooks.allowTargets);
  const guard = new TargetGuard({ rules, lookup: systemLookup });
  const peerClocks = new PeerClocks(clock);
  const dated = (url: string, date: string) => peerClocks.note(url, date);
  const send = createSender({ guard, proxy: config.webhooks.proxy, dated });
  const receivers = new ReceiverService({
    store,
    feed,
    clock,
    accounts,
    audit,
    topics,
    vocabulary,
    box: new SecretBox(deriveKey(master, "receiver-secrets")),
    webhooks: config.webhooks,
    guard,
  });
  const nodes = new NodeWatch({ store, clock });
  const publishing = await Publishing.open({ store, clock, send, config, nodes });
  const operations = new OperationService({
    ...{ store, clock, audit },
    finished: (tx, { id, organisationId, submittedBy: subject, completedAt }) =>
      feed.recordOwn(
        tx,
        { organisationId, subject, actor: null },
        { topic: "Operations.Finish", action: "finish", key: id, at: completedAt ?? clock.now() },
      ),
  });
  const care = new Care({ config, isType: (name) => types.find(name) !== undefined });
  const messageRoom = openMessages({
    ...{ config, master, publishing, store, clock, feed, organisations, room: care },
  });
  const records = new RecordService({ store, feed, clock });
  const fileRoom = { store, clock, feed, types, operations, records, blobs: messageRoom.blobs, room: care };
  const system = new SystemService({ config, store, clock, oauth });
  const actions = new ActionService({ store, operations, organisations, send, actions: config.actions });
  return {
    config,
    clock,
    store,
    nodes,
    types,
    topics,
    vocabulary,
    feed,
    audit,
    throttle,
    gate,
    addresses,
    accounts,
    oauth,
    ...people,
    organisations,
    organisationPasswords: new OrganisationPasswords({ store, clock, gate, throttle, organisations }),
    records,
    receivers,
    deliveryLog: new DeliveryLog({ store, clock, receivers, audit, types }),
    operations,
    overview: new OverviewService({ store, clock, operations }),
    system,
    doctor: new Doctor({ config, clock, guard, peerClocks, store, receivers, system }),
    imports: new ImportService({
      ...fileRoom,
      ...{ size: config.operations.importSize, unpacked: config.operations.importUnpacked },
    }),
    exports: new ExportService({
      ...fileRoom,
      ...{ size: config.operations.exportSize, keep: config.operations.keepFiles },
    }),
    actions,
    schedules: new ScheduleService({ store, clock, operations, actions, organisations, config }),
    outbox: new Outbox({ store, clock, nodes, deliver: smtpDelivery(config.smtp) }),
    loginKeys: new LoginKeys({ clock, hasher: new TokenHasher(deriveKey(master, "login-keys")) }),
    portal: new PortalService({
      ...{ store, clock, accounts, organisations, audit, limits: config.sessions },
      hasher: new TokenHasher(deriveKey(master, "portal")),
    }),
    idempotency: new Idempotency({
      ...{ store, clock },
      box: new SecretBox(deriveKey(master, "idempotent-answers")),
      fingerprintKey: deriveKey(master, "idempotent-requests"),
    }),
    publishing,
    rateLimits: new RateLimits(config.rateLimits, clock),
    provisioning: new Provisioning({
      ...{ store, clock, gate, organisations, accounts, users: people.users, receivers },
      key: deriveKey(master, "provisioned-passwords"),
    }),
    ...messageRoom,
    care,
    guard,
    peerClocks,
    send,
    close: async () => {
      await nodes.stop();
      await oauth.stop();
      await accounts.close();
      await store.close();
    },
  };
}
