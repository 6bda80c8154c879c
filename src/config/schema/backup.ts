/** Backups by the clock. */
import { integer, kind, object, optional, secret, text } from "../schema-parts.ts";

export const backup = object(
  {
    folder: kind("path", "A folder of their own, best on another disk. Made where it is not there.", {
      example: "/var/backups/koppla",
    }),
    cron: text("When: minute, hour, day of month, month, day of week.", { default: "30 2 * * *" }),
    timezone: text("The time zone of `cron`.", { default: "UTC" }),
    keep: object(
      {
        daily: integer("Of so many days the newest one stays.", { default: 7, minimum: 1, maximum: 10_000 }),
        weekly: integer("Of so many weeks the newest one stays.", {
          default: 4,
          minimum: 0,
          maximum: 10_000,
        }),
      },
      "Which backups stay. Files with other names in the folder are left alone.",
    ),
    ...secret(
      "passphrase",
      optional(
        text("Seals the key file, which then is in the backups, too; without, it is not.", {
          ...{ minLength: 12, expected: "12 characters or more", example: "four words that nobody guesses" },
        }),
      ),
    ),
  },
  "Backups by the clock: `koppla restore` brings one back.",
);
