/** The copies of the audit log that the YAML asks for. */
import type { Config } from "../../config/types.ts";
import type { AuditLog } from "../service.ts";
import type { ForwarderOptions } from "./forwarder.ts";

export interface AuditCopies {
  stop(): Promise<void>;
}

/** Begins to copy; what is written from now on is copied at once. */
export async function openAuditCopies(
  services: Omit<ForwarderOptions, "target" | "log"> & { config: Pick<Config, "audit">; audit: AuditLog },
  log: ForwarderOptions["log"],
): Promise<AuditCopies> {
  const { file, syslog } = services.config.audit;
  if (file === null && syslog === null) return { stop: async () => {} };
  const [{ AuditForwarder }, { fileTarget, syslogTarget }] = await Promise.all([
    import("./forwarder.ts"),
    import("./target.ts"),
  ]);
  const targets = [
    ...(file === null ? [] : [fileTarget(file)]),
    ...(syslog === null ? [] : [syslogTarget(syslog)]),
  ];
  const copies = targets.map((target) => new AuditForwarder({ ...services, log, target }));
  for (const { rounds } of copies) rounds.start();
  services.audit.listen(() => copies.forEach(({ rounds }) => rounds.nudge()));
  return { stop: async () => void (await Promise.all(copies.map((copy) => copy.stop()))) };
}
