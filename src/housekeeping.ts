/** What tidies up by the clock while a server runs: each part is a chore that schedules may name, begun in this order. */
import { AuditRetention } from "./audit/retention.ts";
import type { BackupChore } from "./backup/chore.ts";
import { SpaceReturn } from "./care/space.ts";
import { PublicationRetention } from "./channels/retention.ts";
import { DeliveryRetention } from "./deliveries/retention.ts";
import type { Logger } from "./log.ts";
import { MailLogRetention } from "./mail/log.ts";
import { MessageRetention } from "./messages/retention.ts";
import { OperationRetention } from "./operations/retention.ts";
import { loginKeyRetention } from "./publicapi/people/login-keys.ts";
import type { ChoreName } from "./schedules/chore-names.ts";
import type { ChoreRounds } from "./schedules/chores.ts";
import type { Services } from "./services.ts";

export interface Housekeeping {
  /** For metrics: how far the log reaches back. */
  deliveries: DeliveryRetention;
  /** Undefined where none are made by the clock. */
  backups: BackupChore | undefined;
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
}

/** A part that has rounds, or is some. */
interface Part {
  start(): void;
  stop(): Promise<void>;
}

export async function startHousekeeping(services: Services, log: Logger): Promise<Housekeeping> {
  const { config, blobs, oauth } = services;
  const { chores } = services.schedules;
  const room = { ...services, log };
  const parts: Part[] = [];
  const begin = (name: ChoreName, rounds: ChoreRounds, part: Part): void => {
    // Known before it begins: a schedule of the YAML may say that it is not to begin by itself.
    chores.add(name, rounds);
    part.start();
    parts.push(part);
  };

  const keys = oauth.keyRotation(log);
  begin("key-rotation", keys, keys);
  const audit = new AuditRetention({ ...room, retention: config.audit.retention });
  begin("audit-retention", audit.rounds, audit);
  const deliveries = new DeliveryRetention({ ...room, rules: config.webhooks });
  begin("delivery-retention", deliveries.rounds, deliveries);
  const publications = new PublicationRetention({ ...room, retention: config.webhooks.logRetention });
  begin("publication-retention", publications.rounds, publications);
  if (config.smtp) {
    const mails = new MailLogRetention({ ...room, retention: config.smtp.logRetention });
    begin("mail-retention", mails.rounds, mails);
  }
  const loginKeys = loginKeyRetention(room);
  begin("login-key-retention", loginKeys, loginKeys);
  const messages = new MessageRetention({ ...room, rules: config.webMessages });
  begin("message-retention", messages.rounds, messages);
  begin("attachment-removal", blobs.sweeper.rounds(log), {
    start: () => blobs.sweeper.start(log),
    stop: () => blobs.sweeper.stop(),
  });
  const operations = new OperationRetention({ ...room, retention: config.operations.retention });
  begin("operation-retention", operations.rounds, operations);
  const space = new SpaceReturn(room);
  begin("space-return", space.rounds, space);
  const backups = await openBackups(services, log);
  if (backups) begin("backup", backups, { start: () => {}, stop: () => backups.stop() });

  return {
    deliveries,
    backups,
    stop: async () => void (await Promise.all(parts.map((part) => part.stop()))),
  };
}

/** What packs and seals is loaded only where there is something to back up by the clock. */
async function openBackups(services: Services, log: Logger): Promise<BackupChore | undefined> {
  const { config } = services;
  const { backup } = config;
  if (!backup) return undefined;
  const [{ BackupChore: Chore }, { BackupNotice }] = await Promise.all([
    import("./backup/chore.ts"),
    import("./backup/notice.ts"),
  ]);
  const notice = new BackupNotice({ ...services, log });
  return new Chore({ ...services, log, notice, config: { ...config, backup } });
}
