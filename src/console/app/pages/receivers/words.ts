/** Bundling and retries, said in sentences. */
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import type { Receiver, ReceiverOptions } from "./data.ts";
import { milliseconds } from "./duration.ts";

/** @returns functions that say how a receiver's changes are gathered, and what happens when it fails */
export function useWords() {
  const { t } = useTranslation("receivers");
  const format = useFormats();
  const said = (duration: string): string => {
    const ms = milliseconds(duration);
    return ms === undefined ? duration : format.duration(ms);
  };
  const bundle = ({ quiet, longest, size }: Receiver["bundle"], kind: Receiver["format"]): string =>
    kind === "event"
      ? t("words.events", { quiet: said(quiet), longest: said(longest) })
      : t("words.bundle", { quiet: said(quiet), longest: said(longest), size: format.number(size) });
  const schedule = ({ steps, then = "fail" }: { steps: string[]; then?: "fail" | "repeat" }): string => {
    const list = new Intl.ListFormat(format.locale, { type: "conjunction" }).format(steps.map(said));
    const sum = steps.reduce((all, step) => all + (milliseconds(step) ?? 0), 0);
    const last = steps.at(-1);
    return then === "repeat" && last !== undefined
      ? t("words.repeat", { list, last: said(last) })
      : t("words.fail", { list, sum: format.duration(sum) });
  };
  const retry = (given: Receiver["retry"], options: ReceiverOptions | undefined): string => {
    const named = options?.retry_schedules.find(({ name }) => name === given);
    const found = typeof given === "string" ? named : given;
    return found ? schedule(found) : String(given);
  };
  return { bundle, retry, schedule, said };
}
