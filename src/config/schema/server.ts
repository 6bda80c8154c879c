/** The server itself: where it listens, stores and logs. */
import { choice, integer, kind, list, object, optional, text, withFile } from "../schema-parts.ts";

export const server = object(
  {
    listen: kind(
      "serverListen",
      "Address and port. `:8080` is every IPv4 address, `[::]:8080` every address; or `unix:PATH`, for a proxy on this machine.",
      { default: "127.0.0.1:8080" },
    ),
    socket_mode: kind("fileMode", "Who may open the socket of `listen: unix:PATH`: its mode.", {
      default: "0660",
    }),
    public_url: optional(
      kind(
        "publicUrl",
        "The address that partners use: issuer, base_url, links. Made from `listen` if not given.",
        {
          example: "http://127.0.0.1:8080",
        },
      ),
    ),
    base_path: optional(
      kind(
        "basePath",
        "The path under which everything is. Not given, it is that of `public_url`. Requests without it, from a proxy that takes it away, are answered too.",
        { example: "/koppla" },
      ),
    ),
    trusted_proxies: list(
      kind("network", "An address or a network."),
      "Proxies whose X-Forwarded-For is believed.",
      { example: ["10.0.0.5"] },
    ),
    tls: optional(
      object(
        {
          cert_file: kind("file", "PEM file with the certificate and its chain.", { example: "./cert.pem" }),
          key_file: kind("file", "PEM file with the private key.", { example: "./key.pem" }),
        },
        "HTTPS without a proxy in front. New files are taken up when they change.",
      ),
    ),
    http_redirect: optional(
      kind("listen", "Here plain HTTP is answered with a redirect to `public_url`.", { example: ":80" }),
    ),
    hsts: optional(
      kind(
        "duration",
        "How long browsers are to use HTTPS alone (Strict-Transport-Security, RFC 6797). Not given, they are not told.",
        { example: "365d" },
      ),
    ),
    dry_run_headers: {
      ...list(
        text("A header's name.", { pattern: "^[A-Za-z][A-Za-z0-9-]{0,63}$", expected: "a header's name" }),
        "Headers by which a request asks to be tried out only: `Dry-Run: true`.",
      ),
      default: ["Dry-Run"],
    },
    limits: object(
      {
        body: kind("size", "The largest request body.", { default: "32MB" }),
        request_timeout: kind("duration", "How long a request's body may take to arrive.", {
          default: "30s",
        }),
        connections: optional(
          integer(
            "Open at once. Above it idle ones are closed, then requests refused (503). Not given: as many as the process may have open files, at most 25000.",
            { example: 25_000, minimum: 20, maximum: 1_000_000 },
          ),
        ),
        memory: optional(
          kind(
            "size",
            "Above it imports, exports, messages and long bodies are refused (503). Not given: four fifths of what the machine or its container has.",
            { example: "1GB" },
          ),
        ),
      },
      "What a request may take.",
    ),
  },
  "The HTTP server.",
);

export const database = object(
  {
    ...withFile(
      "url",
      kind("databaseUrl", "`sqlite:PATH`; or `postgres://USER@HOST/DATABASE`, for several nodes.", {
        default: "sqlite:./data/koppla.db",
      }),
    ),
    durability: choice(
      ["full", "normal"],
      "full: an acknowledged write survives power loss. normal: it survives a crash of the process.",
      "full",
    ),
    reserve: kind(
      "size",
      "SQLite: with less than this free on its disk, pushes, messages and imports are refused (507), so that reads and deliveries can go on.",
      { default: "256MB" },
    ),
  },
  "Where everything is stored.",
);

export const secrets = object(
  {
    key_file: kind(
      "path",
      "The master key. Made at first start, with mode 0600. Back it up: without it every secret in the database is lost.",
      {
        default: "./data/koppla.key",
      },
    ),
  },
  "What the secrets in the database are encrypted with.",
);

export const log = object(
  {
    level: choice(["debug", "info", "warn", "error"], "The least important line to log.", "info"),
    format: choice(["auto", "text", "json"], "auto: text on a terminal, JSON otherwise.", "auto"),
  },
  "The server's own log, on standard error.",
);
