/** What has to hold for the mails that a configuration has in its own words. */
import { faultOfTemplate, TEMPLATE_LANGUAGES, TEMPLATE_NAMES } from "../mail/templates/templates.ts";
import type { Partly } from "./rules.ts";
import type { RawConfig } from "./schema.ts";
import type { Path } from "./source.ts";
import { didYouMean } from "./suggest.ts";

type RawTemplates = Partly<NonNullable<RawConfig["smtp"]>["templates"]>;
type Report = (path: Path, message: string, what?: "key" | "value") => void;

/** @param templates  by language and name */
export function mailRules(templates: RawTemplates, report: Report): void {
  for (const [language, mails = {}] of Object.entries(templates)) {
    const path = ["smtp", "templates", language];
    if (!isOne(TEMPLATE_LANGUAGES, language, path, report)) continue;
    for (const [name, template] of Object.entries(mails)) {
      const inside = [...path, name];
      if (!isOne(TEMPLATE_NAMES, name, inside, report)) continue;
      for (const part of ["subject", "text"] as const) {
        const text = template?.[part];
        const fault = text === undefined ? undefined : faultOfTemplate(name, part, text);
        if (fault) report([...inside, part], `found ${fault.found}, expected ${fault.expected}`);
      }
    }
  }
}

function isOne<T extends string>(known: readonly T[], name: string, path: Path, report: Report): name is T {
  if (known.some((one) => one === name)) return true;
  report(path, `found ${name}, expected one of ${known.join(", ")}${didYouMean(name, [...known])}`, "key");
  return false;
}
