/** Structured logs on stderr: a line of text for people at a terminal, a line of JSON for machines. */
import { maskUrls } from "./mask.ts";
import { currentTrace } from "./tracing/context.ts";

export type Level = "debug" | "info" | "warn" | "error";

export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  readonly level: Level;
}

const RANK: Record<Level, number> = { debug: 10, info: 20, warn: 30, error: 40 };
const COLOUR: Record<Level, string> = {
  debug: "\x1b[2m",
  info: "\x1b[36m",
  warn: "\x1b[33m",
  error: "\x1b[31m",
};
const OFF = "\x1b[0m";

export interface LogOptions {
  level: Level;
  format: "auto" | "text" | "json";
  write?: (line: string) => void;
  now?: () => number;
}

/**
 * `options.level` may be set anew: a reload does. Errors are logged with their stack; fields must not carry secrets, which is for the caller to see to. Those in the
 * query of a URL are masked all the same: the text of an error may hold one.
 */
export function createLogger(options: LogOptions): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const now = options.now ?? Date.now;
  let look: { asJson: boolean; colour: boolean } | undefined;

  const log =
    (level: Level) =>
    (message: string, given: Record<string, unknown> = {}) => {
      if (RANK[level] < RANK[options.level]) return;
      const trace = currentTrace();
      const fields = trace ? { ...given, trace_id: trace.traceId } : given;
      const time = new Date(now()).toISOString();
      // Found out with the first line: to ask for the terminal takes 3 ms, and a server listens before it says anything.
      const { asJson, colour } = (look ??= lookOf(options.format));
      if (asJson) {
        write(`${JSON.stringify({ time, level, msg: message, ...plain(fields) }, masked)}\n`);
        return;
      }
      const rest = Object.entries(plain(fields)).map(([name, value]) => `${name}=${text(value)}`);
      const tag = level.toUpperCase().padEnd(5);
      write(
        `${time} ${colour ? COLOUR[level] + tag + OFF : tag} ${[maskUrls(message), ...rest].join(" ")}\n`,
      );
    };
  return {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    get level() {
      return options.level;
    },
  };
}

function lookOf(format: LogOptions["format"]): { asJson: boolean; colour: boolean } {
  const terminal = process.stderr.isTTY === true;
  return {
    asJson: format === "json" || (format === "auto" && !terminal),
    colour: terminal && !process.env["NO_COLOR"],
  };
}

function plain(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? describe(value) : value]),
  );
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? ` (${error.cause.name}: ${error.cause.message})` : "";
  return `${error.stack ?? `${error.name}: ${error.message}`}${cause}`;
}

/** For `JSON.stringify`. */
function masked(_: string, value: unknown): unknown {
  return typeof value === "string" ? maskUrls(value) : value;
}

function text(value: unknown): string {
  const shown = typeof value === "string" ? maskUrls(value) : (JSON.stringify(value, masked) ?? "undefined");
  return /[\s"]/.test(shown) && typeof value === "string" ? JSON.stringify(shown) : shown;
}
