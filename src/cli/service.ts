import type { Command } from "commander";
import { existsSync } from "node:fs";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { configFile } from "../config/load.ts";
import { invalid, Problem } from "../problem.ts";
import { foldersOf, STATE_FOLDER, unitText } from "../service/unit.ts";
import { configOf, configOption, jsonOption, note, out, outJson } from "./output.ts";

interface Options {
  config?: string;
  print?: true;
  user: string;
  unitDir: string;
  json?: true;
}

/** Whom the service runs as. */
interface Owner {
  uid: number;
  gid: number;
  group: string;
}

const UNIT = "koppla.service";

/** `koppla service install` */
export function register(program: Command): void {
  const service = program.command("service").description("have systemd run the server");
  const install = service
    .command("install")
    .description("write the systemd unit for this executable and this configuration")
    .option("--print", "print it and write nothing")
    .option("--user <name>", "whom the server runs as; never root", "koppla")
    .option("--unit-dir <folder>", "where units are", "/etc/systemd/system")
    .addHelpText("after", EXAMPLES);
  jsonOption(configOption(install)).action(installUnit);
}

const EXAMPLES = `
The server may write only to the folders of its database, key file and backups. It may use ports below 1024.

Examples:
  $ koppla service install --print -c /etc/koppla/koppla.yaml
  $ sudo koppla service install -c /etc/koppla/koppla.yaml
  $ sudo systemctl enable --now koppla`;

async function installUnit(options: Options): Promise<void> {
  const { user, unitDir } = options;
  if (user === "root" || user === "0") throw invalid("--user", "must be a user of its own, never root");
  const file = configFile(options.config, process.env);
  const folders = foldersOf(await configOf(options));
  const owner = await ownerOf(user);
  const places = { binary: process.execPath, config: resolve(file), folders };
  const text = unitText({ ...places, user, group: owner?.group ?? user });
  const unit = join(unitDir, UNIT);
  if (options.print) return options.json ? outJson({ unit, text }) : out(text.trimEnd());

  if (!owner) {
    const command = `useradd --system --user-group --home-dir ${STATE_FOLDER} --shell /usr/sbin/nologin ${user}`;
    throw new Problem("not_found", `There is no user ${user}. This makes it: ${command}`);
  }
  await makeFolders(folders, owner);
  await write(unit, text);
  const reloaded = hasSystemd() && Bun.spawnSync(["systemctl", "daemon-reload"]).success;
  if (options.json) return outJson({ unit, user, folders, reloaded });
  out(`Wrote ${unit}.`);
  if (!reloaded) note("systemd does not run here, or could not be told: `systemctl daemon-reload` there.");
  note("Start it, now and with the machine:\n\n  systemctl enable --now koppla\n");
}

/** @throws Problem `forbidden` that names the next step */
async function write(unit: string, text: string): Promise<void> {
  try {
    await writeFile(unit, text, { mode: 0o644 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ENOENT")
      throw new Problem("not_found", `There is no folder for ${unit}: is this a system with systemd?`);
    throw new Problem(
      "forbidden",
      `${unit} cannot be written (${code}). Run it as root, or print the unit with --print.`,
    );
  }
}

/** Those that are not there yet: systemd starts nothing whose folders are missing. */
async function makeFolders(folders: readonly string[], { uid, gid }: Owner): Promise<void> {
  for (const folder of folders) {
    if (existsSync(folder)) continue;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await chown(folder, uid, gid);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Problem("forbidden", `${folder} cannot be made (${reason}). Run it as root.`);
    }
  }
}

/** By the system's own means, which know of users in directories, too. */
async function ownerOf(user: string): Promise<Owner | undefined> {
  const [, , uid, gid] = await entry("passwd", user);
  if (uid === undefined || gid === undefined) return undefined;
  const [group = gid] = await entry("group", gid);
  return { uid: Number(uid), gid: Number(gid), group };
}

async function entry(database: "passwd" | "group", key: string): Promise<string[]> {
  if (Bun.which("getent") === null) return [];
  const found = Bun.spawnSync(["getent", database, "--", key]);
  return found.success ? found.stdout.toString().trim().split(":") : [];
}

function hasSystemd(): boolean {
  return existsSync("/run/systemd/system");
}
