/**
 * The Debian package, by dpkg-deb. `bun src/release/deb.ts EXECUTABLE FOLDER [VERSION]` makes one for this machine to
 * try out, which is not compressed.
 *
 * The executable, a unit, the manual page, completions; the configuration as a conffile, which an upgrade leaves as it
 * was changed. What it does when it is installed and removed is in `deb/`.
 */
import { chmod, copyFile, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

import { root } from "../build.ts";
import { allCommands } from "../cli/commands.ts";
import template from "../config/template.yaml" with { type: "text" };
import { completionScript } from "../service/completion.ts";
import { manPage } from "../service/man-page.ts";
import { STATE_FOLDER, unitText } from "../service/unit.ts";
import { version as ownVersion } from "../version.ts";
import { run } from "./run.ts";

const CONFIG = "/etc/koppla/koppla.yaml";
const SCRIPTS = ["postinst", "prerm", "postrm"] as const;

export interface DebOptions {
  executable: string;
  architecture: "amd64" | "arm64";
  /** Where the package is written. */
  folder: string;
  version?: string;
  /** Without it, the file is as large as what is in it, and made in a second. */
  compressed: boolean;
  /** Of the files in it: the same sources make the same package. */
  time: Date;
}

/** @returns the package's file @throws Error without dpkg-deb */
export async function makeDeb(options: DebOptions): Promise<string> {
  const { executable, architecture, folder, version = ownVersion, compressed, time } = options;
  const tree = await mkdtemp(join(tmpdir(), "koppla-deb-"));
  try {
    await put(tree, "usr/bin/koppla", executable, 0o755);
    for (const [path, content] of Object.entries(await contents())) await write(tree, path, content);
    const manual = Bun.gzipSync(Buffer.from(manPage(await allCommands())), { level: 9 });
    await write(tree, "usr/share/man/man1/koppla.1.gz", manual);
    await put(tree, "usr/share/doc/koppla/LICENSE", join(root, "LICENSE"), 0o644);
    for (const script of SCRIPTS)
      await put(tree, `DEBIAN/${script}`, join(import.meta.dir, "deb", script), 0o755);
    await write(tree, "DEBIAN/conffiles", `${CONFIG}\n`);
    const size = Math.ceil((await stat(executable)).size / 1024);
    await write(tree, "DEBIAN/control", control(version, architecture, size));
    await chmod(tree, 0o755);
    const file = join(folder, `koppla_${version}_${architecture}.deb`);
    await mkdir(folder, { recursive: true });
    // xz at its lowest level leaves 57 of 137 MB; gzip leaves 70.
    const how = compressed ? ["-Zxz", "-z1"] : ["-Znone"];
    await run(["dpkg-deb", "--root-owner-group", ...how, "--build", tree, file], {
      SOURCE_DATE_EPOCH: String(Math.floor(time.getTime() / 1000)),
    });
    return file;
  } finally {
    await rm(tree, { recursive: true });
  }
}

async function contents(): Promise<Record<string, string>> {
  const commands = await allCommands();
  const unit = unitText({
    ...{ binary: "/usr/bin/koppla", config: CONFIG, user: "koppla", group: "koppla" },
    folders: [STATE_FOLDER],
  });
  return {
    [CONFIG.slice(1)]: configuration(),
    "usr/lib/systemd/system/koppla.service": unit,
    "usr/share/bash-completion/completions/koppla": completionScript("bash", commands),
    "usr/share/zsh/vendor-completions/_koppla": completionScript("zsh", commands),
    "usr/share/fish/vendor_completions.d/koppla.fish": completionScript("fish", commands),
    "usr/share/doc/koppla/copyright": COPYRIGHT,
  };
}

/** That of `koppla init`, with the data where the system keeps it. */
function configuration(): string {
  return template
    .replace("sqlite:./data/koppla.db", `sqlite:${STATE_FOLDER}/koppla.db`)
    .replace("./data/koppla.key", `${STATE_FOLDER}/koppla.key`);
}

const COPYRIGHT = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: koppla

Files: *
Copyright: Koppla contributors
License: EUPL-1.2
 The whole text is in /usr/share/doc/koppla/LICENSE.
`;

/** @param size  installed, KiB */
function control(version: string, architecture: string, size: number): string {
  return `Package: koppla
Version: ${version}
Architecture: ${architecture}
Maintainer: Koppla maintainers <maintainers@koppla.invalid>
Installed-Size: ${size}
Depends: libc6 (>= 2.17), passwd
Recommends: init-system-helpers
Section: net
Priority: optional
Description: integration server that an organisation runs itself
 One executable and one YAML file: partners push and pull data by an API, receivers hear of changes by webhooks, and
 people look after it in a console.
`;
}

async function write(tree: string, path: string, content: string | Uint8Array): Promise<void> {
  const file = join(tree, path);
  await mkdir(dirname(file), { recursive: true, mode: 0o755 });
  await writeFile(file, content, { mode: 0o644 });
}

async function put(tree: string, path: string, from: string, mode: number): Promise<void> {
  const file = join(tree, path);
  await mkdir(dirname(file), { recursive: true, mode: 0o755 });
  await copyFile(from, file);
  await chmod(file, mode);
}

/** SOURCE_DATE_EPOCH (https://reproducible-builds.org), else the last commit's, else now. */
export async function releaseTime(): Promise<Date> {
  const said = process.env["SOURCE_DATE_EPOCH"];
  const seconds = said ?? (await run(["git", "-C", root, "log", "-1", "--format=%ct"]).catch(() => ""));
  return Number(seconds) > 0 ? new Date(Number(seconds) * 1000) : new Date();
}

if (import.meta.main) {
  const [executable, folder, version] = process.argv.slice(2);
  if (executable === undefined || folder === undefined) {
    console.error("usage: bun src/release/deb.ts EXECUTABLE FOLDER [VERSION]");
    process.exit(2);
  }
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  const more = { ...(version !== undefined && { version }), compressed: false, time: await releaseTime() };
  console.log(
    await makeDeb({ executable: resolve(executable), architecture, folder: resolve(folder), ...more }),
  );
}
