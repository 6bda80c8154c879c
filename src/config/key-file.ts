/**
 * The master key: 32 random bytes in a file of their own, from which every other key is derived.
 */
import { hkdfSync, randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { link, lstat, mkdir, open, readFile, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";

import { fileError } from "./errors.ts";

const LENGTH = 32;
/** 32 bytes in base64, on a line. */
const CONTENT = /^[A-Za-z0-9+/]{43}=\r?\n?$/;

/**
 * Reads the master key, or makes it (mode 0600, its folder 0700) where there is none.
 * @param options.create  false where a new key would be wrong: the secrets of an existing database need the old one
 * @throws {ConfigError} where the file is no key, or others than its owner can read it
 */
export async function loadMasterKey(path: string, options: { create?: boolean } = {}): Promise<Uint8Array> {
  const found = await look(path);
  if (found !== null) return read(path, found);
  if (options.create === false)
    throw fileError(
      path,
      "found no key file, expected the one that the database was made with; restore it from a backup",
    );
  try {
    await make(path);
  } catch (error) {
    // Another process was quicker: its key is the key.
    if (codeOf(error) !== "EEXIST")
      throw fileError(
        path,
        `found no key file, and making one failed (${codeOf(error)}), expected a writable folder`,
      );
  }
  const made = await look(path);
  if (made === null) throw fileError(path, "found no key file after making it, expected it to stay");
  return read(path, made);
}

/** A key for one purpose (HKDF-SHA-256, RFC 5869), 32 bytes. `purpose` says what is done with it, `tokens` say. */
export function deriveKey(master: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", master, new Uint8Array(), `koppla/${purpose}`, LENGTH));
}

async function look(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== "ENOENT") throw fileError(path, `found nothing readable (${code}), expected a key file`);
    const itself = await lstat(path).catch(() => null);
    if (itself?.isSymbolicLink())
      throw fileError(path, "found a symbolic link that leads nowhere, expected a key file");
    // Null, or the file that another process has just made.
    return itself;
  }
}

async function read(path: string, found: Stats): Promise<Uint8Array> {
  if (!found.isFile()) throw fileError(path, "found no regular file, expected a key file");
  const mode = found.mode & 0o777;
  // systemd lends its credentials by an access list, whose mask stands where the group's rights do: 0440.
  const others = dirname(path) === process.env["CREDENTIALS_DIRECTORY"] ? 0o037 : 0o077;
  if (process.platform !== "win32" && (mode & others) !== 0)
    throw fileError(
      path,
      `found a key that others can read (mode ${mode.toString(8).padStart(4, "0")}), expected mode 0600; ` +
        `mend it with: chmod 600 ${quoted(path)}`,
    );
  const content = await readFile(path, "latin1").catch((error: unknown) => {
    throw fileError(path, `found a file that cannot be read (${codeOf(error)}), expected a key file`);
  });
  if (CONTENT.test(content)) return new Uint8Array(Buffer.from(content, "base64"));
  throw fileError(
    path,
    `found ${content.length} bytes that are no key, expected one line: 32 bytes in base64; restore it from a backup`,
  );
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

async function make(path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Written aside and linked into place: nobody sees half a key, and of two processes one wins.
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    const file = await open(aside, "wx", 0o600);
    try {
      await file.writeFile(`${randomBytes(LENGTH).toString("base64")}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(aside, path);
  } finally {
    await unlink(aside).catch(() => {});
  }
  const parent = await open(folder, "r");
  await parent.sync().finally(() => parent.close());
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
