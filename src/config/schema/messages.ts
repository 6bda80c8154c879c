/** Web messages: how large, for how long, what is known of whom they are for. */
import { choice, integer, kind, map, object } from "../schema-parts.ts";

export const webMessages = object(
  {
    keep: kind("duration", "How long a message stays after it was sent. 0s: until it is removed.", {
      default: "365d",
    }),
    organisations: map(
      object(
        { keep: kind("duration", "How long its messages stay.", { example: "30d" }) },
        "An organisation, by its code.",
      ),
      "Organisations that keep messages for another time.",
      "demo",
    ),
    body: kind(
      "size",
      "The largest request: ten attachments of 10 MB take 134 MB. Beside its attachments a message is limited by server.limits.body.",
      { default: "150MB" },
    ),
    request_timeout: kind("duration", "How long such a request may take to arrive.", { default: "5m" }),
    concurrent: integer("Requests of more than 1 MB that are received at once. Others wait, up to 20 s.", {
      default: 4,
      minimum: 1,
      maximum: 100,
    }),
    party_ids: choice(
      ["plain", "hashed"],
      "hashed: ids of parties are stored encrypted, and looked up by a hash that only the key file can make. Holds for messages from then on.",
      "plain",
    ),
  },
  "Web messages.",
);
