/** The copies of the audit log that the YAML asks for. */
import type { Config } from "../../config/types.ts";
import type { AuditLog } from "../service.ts";
import { AuditForwarder, type ForwarderOptions } from "./forwarder.ts";
import { fileTarget, syslogTarget } from "./target.ts";

export interface AuditCopies {
  stop(): Promise<void>;
}

/** Begins to copy; what is written from now on is copied at once. */
export function openAuditCopies(
  services: Omit<ForwarderOptions, "target" | "log"> & { config: Pick<Config, "audit">; audit: AuditLog },
  log: ForwarderOptions["log"],
): AuditCopies {
  const { file, syslog } = services.config.audit;
  const targets = [
    ...(file === null ? [] : [fileTarget(file)]),
    ...(syslog === null ? [] : [syslogTarget(syslog)]),
  ];
  const copies = targets.map((target) => new AuditForwarder({ ...services, log, target }));
  for (const { rounds } of copies) rounds.start();
  if (copies.length > 0) services.audit.listen(() => copies.forEach(({ rounds }) => rounds.nudge()));
  return { stop: async () => void (await Promise.all(copies.map((copy) => copy.stop()))) };
}
