/** Where else something is sent: mail, Open-E. */
import { kind, object, optional, secret, text, withFile } from "../schema-parts.ts";

export const smtp = object(
  {
    ...withFile(
      "url",
      kind(
        "smtpUrl",
        "The mail server: smtp:// (STARTTLS where it is offered) or smtps://, with user and password.",
        {
          example: "smtp://localhost:25",
        },
      ),
    ),
    from: kind("sender", "The sender.", { example: "koppla@example.org" }),
    admin: optional(
      kind("mailAddress", "Who is told what the sysadmin should know, such as receivers that fail.", {
        example: "admin@example.org",
      }),
    ),
  },
  "Outgoing mail.",
);

export const openE = object(
  {
    url: kind("httpUrl", "The address of its message service.", { example: "https://open-e.example.org/ws" }),
    username: optional(text("Its user.", { example: "koppla" })),
    ...secret("password", optional(text("The user's password.", { example: "secret" }))),
    timeout: kind("duration", "How long one request may take.", { default: "30s" }),
  },
  "Open-E.",
);
