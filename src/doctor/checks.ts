/** Every check, in the order in which they are told. */
import type { Check } from "./check.ts";
import { backup } from "./checks/backup.ts";
import { certificate } from "./checks/certificate.ts";
import { clock } from "./checks/clock.ts";
import { database, migrations, wal } from "./checks/database.ts";
import { disk } from "./checks/disk.ts";
import { dns } from "./checks/dns.ts";
import { permissions } from "./checks/permissions.ts";
import { queue } from "./checks/queue.ts";
import { receivers } from "./checks/receivers.ts";
import { smtp } from "./checks/smtp.ts";
import { targets } from "./checks/targets.ts";

export const allChecks: readonly Check[] = [
  ...[disk, permissions, clock, database, migrations, wal],
  ...[dns, certificate, smtp, targets, receivers, queue, backup],
];
