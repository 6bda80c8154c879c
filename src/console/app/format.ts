/** Dates, numbers, sizes and durations as the chosen language writes them. */
import { useTranslation } from "react-i18next";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** English dates are day first, 24 hours: `en` alone would be American. */
const localeOf = (language: string): string => (language === "en" ? "en-GB" : language);

export function formats(language: string) {
  const locale = localeOf(language);
  const whole = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  const short = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "short" });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  const number = new Intl.NumberFormat(locale);
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const unit = (value: number, name: string, digits = 0) =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit: name,
      unitDisplay: "short",
      maximumFractionDigits: digits,
    }).format(value);
  return {
    locale,
    number: (value: number) => number.format(value),
    /** @param value  of 1 */
    percent: (value: number) => percent.format(value),
    dateTime: (iso: string | number) => whole.format(new Date(iso)),
    shortDateTime: (iso: string | number) => short.format(new Date(iso)),
    date: (iso: string | number) => day.format(new Date(iso)),
    /** "3 min. ago", "in 2 hr." */
    relative(iso: string | number, now: number = Date.now()): string {
      const seconds = (new Date(iso).getTime() - now) / 1000;
      const size = Math.abs(seconds);
      if (size < 45) return relative.format(Math.round(seconds), "second");
      if (size < 45 * MINUTE) return relative.format(Math.round(seconds / MINUTE), "minute");
      if (size < 22 * HOUR) return relative.format(Math.round(seconds / HOUR), "hour");
      if (size < 26 * DAY) return relative.format(Math.round(seconds / DAY), "day");
      return day.format(new Date(iso));
    },
    /** Milliseconds, as short as they can be said. */
    duration(ms: number): string {
      if (ms < 1_000) return unit(ms, "millisecond", ms < 10 ? 1 : 0);
      if (ms < MINUTE * 1_000) return unit(ms / 1_000, "second", 1);
      if (ms < HOUR * 1_000) return unit(ms / MINUTE / 1_000, "minute", 1);
      if (ms < DAY * 1_000) return unit(ms / HOUR / 1_000, "hour", 1);
      return unit(ms / DAY / 1_000, "day", 1);
    },
    bytes(value: number): string {
      if (value < 1_000) return unit(value, "byte");
      if (value < 1e6) return unit(value / 1e3, "kilobyte", 1);
      if (value < 1e9) return unit(value / 1e6, "megabyte", 1);
      return unit(value / 1e9, "gigabyte", 2);
    },
  };
}

export type Formats = ReturnType<typeof formats>;

const kept = new Map<string, Formats>();

export function useFormats(): Formats {
  const { language } = useTranslation().i18n;
  let found = kept.get(language);
  if (!found) kept.set(language, (found = formats(language)));
  return found;
}
