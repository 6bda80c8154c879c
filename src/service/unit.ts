/** The systemd unit, for where this server's files are. */
import { dirname } from "node:path";

import type { Config } from "../config/types.ts";
import template from "./koppla.service" with { type: "text" };

/** The folder that `StateDirectory=koppla` makes. */
export const STATE_FOLDER = "/var/lib/koppla";

export interface UnitOptions {
  /** The executable, absolute. */
  binary: string;
  /** The configuration, absolute. */
  config: string;
  user: string;
  group: string;
  /** Folders that it writes to, absolute: see {@link foldersOf}. */
  folders: readonly string[];
}

/** Folders that a server with this configuration writes to. */
export function foldersOf({ database, secrets, backup }: Config): string[] {
  const all = [
    ...(database.kind === "sqlite" ? [dirname(database.path)] : []),
    // The control socket, and the key at the first start.
    dirname(secrets.keyFile),
    ...(backup ? [backup.folder] : []),
  ];
  return [...new Set(all)];
}

/** @returns the unit's text */
export function unitText({ binary, config, user, group, folders }: UnitOptions): string {
  const write = folders.filter((folder) => !isWithin(folder, STATE_FOLDER) && !isMounted(folder));
  const isAtHome = [binary, config, ...folders].some((path) =>
    ["/home", "/root"].some((home) => isWithin(path, home)),
  );
  const filled = {
    BINARY: quoted(binary),
    CONFIG: quoted(config),
    USER: user,
    GROUP: group,
    // Where the configuration's relative paths of commands begin, and it can always be entered.
    FOLDER: "/",
    HOME: isAtHome ? "read-only" : "true",
    WRITE: write.length === 0 ? "" : `ReadWritePaths=${write.map(quoted).join(" ")}`,
  };
  return Object.entries(filled)
    .reduce((text, [name, value]) => text.replaceAll(`@${name}@`, () => value), template)
    .replace("\n\nPrivateTmp", "\nPrivateTmp");
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** What systemd itself hands over, such as credentials: never written to. */
function isMounted(folder: string): boolean {
  return isWithin(folder, "/run/credentials");
}

/** systemd.syntax(7): spaces and quotes in a word, and `%`, which begins a specifier. */
function quoted(word: string): string {
  const escaped = word.replaceAll("%", "%%");
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll(/["\\]/g, "\\$&")}"`;
}
