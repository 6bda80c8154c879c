/** What has to hold for scheduled backups, beyond the shape of their section. */
import { CRON_EXPECTED, cronFault, isTimezone } from "../schedules/cron.ts";
import type { Partly } from "./rules.ts";
import type { RawConfig } from "./schema.ts";
import { didYouMean } from "./suggest.ts";

type Report = (path: string[], message: string) => void;

export function backupRules({ backup }: Partly<RawConfig>, report: Report): void {
  const { cron, timezone } = backup ?? {};
  const fault = cron === undefined ? undefined : cronFault(cron);
  if (fault !== undefined)
    report(["backup", "cron"], `found "${cron}" (${fault}), expected ${CRON_EXPECTED}`);
  if (timezone !== undefined && !isTimezone(timezone)) {
    const hint = didYouMean(timezone, Intl.supportedValuesOf("timeZone"));
    report(
      ["backup", "timezone"],
      `found "${timezone}", expected a time zone such as Europe/Stockholm${hint}`,
    );
  }
}
