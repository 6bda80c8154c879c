/**
 * The kinds of value that a configuration holds beyond plain JSON: how each is written, and what it becomes.
 */
import { isUrlTemplate } from "../actions/template.ts";
import { isIP } from "../http/ip.ts";
import { isMailAddress, parseSender } from "../mail/address.ts";
import { parseReturnUrlRule, parseSite, RETURN_URL, SITE } from "../organisations/return-url.ts";

/** One kind of scalar. `parse` returns undefined for text that is not of this kind. */
interface Kind<T> {
  parse(text: string): T | undefined;
  /** Completes "expected ...". */
  expected: string;
  /** For editors; never stricter than `parse`. */
  pattern?: string;
}

const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Record<string, number> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/** A duration such as `5s`, in milliseconds. Undefined without a unit, and above 100 years. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const ms = Math.round(Number(digits) * (durationUnits[unit] ?? NaN));
  return ms <= 100 * 365 * 86_400_000 ? ms : undefined;
}

/** The shortest whole way to write `ms`, such as `90d`: the inverse of {@link parseDuration}. */
export function formatDuration(ms: number): string {
  for (const unit of ["d", "h", "m", "s"]) {
    const length = durationUnits[unit] ?? NaN;
    // 60s, 60m and 24h stay as they are usually said; 120s is 2m.
    if (ms > length && ms % length === 0) return `${ms / length}${unit}`;
  }
  return ms === 1000 ? "1s" : `${ms}ms`;
}

/** A size such as `32MB`, in bytes; KB, MB and GB are powers of 1024. Undefined without a unit. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const bytes = Math.round(Number(digits) * (sizeUnits[unit] ?? NaN));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The inverse of {@link parseSize}. */
export function formatSize(bytes: number): string {
  for (const unit of ["GB", "MB", "KB"]) {
    const size = sizeUnits[unit] ?? NaN;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}

/** `127.0.0.1:8080`, `[::]:8080`, `localhost:8080`; `:8080` and `*:8080` are every IPv4 address. */
export function parseListen(text: string): { hostname: string; port: number } | undefined {
  const [, v6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.*-]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  if (v6 !== undefined) return isIP(v6) === 6 ? { hostname: v6, port } : undefined;
  if (name === "" || name === "*") return { hostname: "0.0.0.0", port };
  if (name === undefined || name.includes("*")) return undefined;
  // What looks like an IPv4 address must be one: 127.0.0.300 is no host name.
  return /^[\d.]+$/.test(name) && isIP(name) !== 4 ? undefined : { hostname: name, port };
}

/** As {@link parseListen}, or `unix:PATH`: a socket in the file system. */
export function parseServerListen(
  text: string,
): { hostname: string; port: number } | { unix: string } | undefined {
  if (!text.startsWith("unix:")) return parseListen(text);
  const unix = text.slice("unix:".length);
  // What `sun_path` holds (unix(7)); a path that is made absolute may still turn out longer.
  return unix === "" || unix.includes("\0") || Buffer.byteLength(unix) > 107 ? undefined : { unix };
}

/** `/koppla`, without a slash behind; `/` alone is none. Only what needs no encoding in a URL. */
function parseBasePath(text: string): string | undefined {
  if (text === "/") return "";
  const path = text.replace(/\/$/, "");
  return /^(\/[A-Za-z0-9._~-]+)+$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path) ? path : undefined;
}

/** An http(s) URL without user, query and fragment, and without its trailing slash. */
function parsePublicUrl(text: string): string | undefined {
  const url = parseHttpUrl(text);
  if (url === undefined || url.search !== "" || url.hash !== "" || url.username !== "") return undefined;
  return text.includes("?") || text.includes("#") ? undefined : url.href.replace(/\/+$/, "");
}

function parseHttpUrl(text: string): URL | undefined {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  return url ?? undefined;
}

export type DatabaseUrl = { kind: "sqlite"; path: string } | { kind: "postgres"; url: string };

/** `sqlite:PATH` (also `sqlite:///absolute/path`) or a PostgreSQL URL. */
function parseDatabaseUrl(text: string): DatabaseUrl | undefined {
  if (text.startsWith("sqlite:")) {
    const path = text.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "");
    return path === "" || path.startsWith("//") || path.startsWith(":")
      ? undefined
      : { kind: "sqlite", path };
  }
  const url = /^postgres(ql)?:\/\//.test(text) ? URL.parse(text) : null;
  return url && url.pathname.length > 1 ? { kind: "postgres", url: text } : undefined;
}

function parseNetwork(text: string): string | undefined {
  const [address = "", bits, more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more !== undefined) return undefined;
  if (bits === undefined) return text;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128) ? text : undefined;
}

function parseTarget(text: string): string | undefined {
  const name =
    /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;
  const host = text.startsWith("*.") ? text.slice(2) : text;
  return parseNetwork(text) ?? (name.test(host) && !/^[\d.]+$/.test(host) ? text : undefined);
}

const identity = (text: string) => (text === "" ? undefined : text);

export const kinds = {
  duration: {
    parse: parseDuration,
    expected: "a duration with its unit (ms, s, m, h or d) such as 5s",
    pattern: "^\\d+(\\.\\d+)?\\s*(ms|s|m|h|d)$",
  },
  size: {
    parse: parseSize,
    expected: "a size with its unit (B, KB, MB or GB) such as 32MB",
    pattern: "^\\d+(\\.\\d+)?\\s*(B|KB|MB|GB)$",
  },
  listen: { parse: parseListen, expected: "HOST:PORT such as 127.0.0.1:8080, or :8080 for every address" },
  serverListen: {
    parse: parseServerListen,
    expected: "HOST:PORT such as 127.0.0.1:8080, :8080 for every address, or unix:/path",
  },
  basePath: { parse: parseBasePath, expected: "a path such as /koppla, or /", pattern: "^/" },
  fileMode: {
    parse: (text) => (/^0?[0-7]{3}$/.test(text) ? text.padStart(4, "0") : undefined),
    expected: 'a mode in octal digits and quotes such as "0660"',
    pattern: "^0?[0-7]{3}$",
  },
  publicUrl: {
    parse: parsePublicUrl,
    expected: "an http:// or https:// URL without user, query and fragment",
    pattern: "^[hH][tT][tT][pP][sS]?://[^?#]+$",
  },
  httpUrl: {
    parse: (text) => parseHttpUrl(text)?.href,
    expected: "an http:// or https:// URL",
    pattern: "^[hH][tT][tT][pP][sS]?://",
  },
  httpTemplate: {
    parse: (text) => (isUrlTemplate(text) ? text : undefined),
    expected: "an http:// or https:// URL, with {{...}} only behind its host",
    pattern: "^[hH][tT][tT][pP][sS]?://",
  },
  syslogUrl: {
    parse: (text) => (/^(?:udp|tcp):\/\/[^/?#@]+\/?$/.test(text) && URL.canParse(text) ? text : undefined),
    expected: "a tcp:// or udp:// URL such as tcp://syslog.example.org:514",
    pattern: "^(?:udp|tcp)://",
  },
  smtpUrl: {
    parse: (text) => (/^smtps?:\/\//.test(text) && URL.canParse(text) ? text : undefined),
    expected: "an smtp:// or smtps:// URL such as smtp://localhost:25",
    pattern: "^smtps?://",
  },
  databaseUrl: {
    parse: parseDatabaseUrl,
    expected: "sqlite:PATH or postgres://USER@HOST/DATABASE",
    pattern: "^(sqlite:|postgres(ql)?://)",
  },
  mailAddress: {
    parse: (text) => (isMailAddress(text) ? text : undefined),
    expected: "a mail address such as admin@example.org",
    pattern: "@",
  },
  sender: {
    parse: (text) => (parseSender(text) ? text : undefined),
    expected: "a mail address such as koppla@example.org or Koppla <koppla@example.org>",
    pattern: "@",
  },
  site: { parse: parseSite, expected: SITE, pattern: "^[hH][tT][tT][pP][sS]?://" },
  returnUrl: { parse: parseReturnUrlRule, expected: RETURN_URL, pattern: "^[hH][tT][tT][pP][sS]?://" },
  network: { parse: parseNetwork, expected: "an IP address or a network such as 192.0.2.0/24" },
  target: { parse: parseTarget, expected: "a host, *.DOMAIN, an IP address or a network such as 10.0.0.0/8" },
  path: { parse: identity, expected: "a path" },
  /** A path where a file must stand. */
  file: { parse: identity, expected: "the path of a file" },
} as const satisfies Record<string, Kind<unknown>>;

export type KindName = keyof typeof kinds;
