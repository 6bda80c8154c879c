import { type Command } from "commander";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

import { Problem } from "../problem.ts";
import template from "../config/template.yaml" with { type: "text" };
import { jsonOption, out, outJson } from "./output.ts";

/** Of the template. */
const CONSOLE = "http://127.0.0.1:8080/console/";

/** `koppla init` */
export function register(program: Command): void {
  jsonOption(program.command("init"))
    .description("write a koppla.yaml to start from")
    .argument("[path]", "the file (*.yaml, *.yml), or the folder to put koppla.yaml in", ".")
    .action(init);
}

async function init(path: string, options: { json?: true }): Promise<void> {
  const file = await fileIn(path);
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, template, { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new Problem(
      "conflict",
      `${file} is there already and is left as it is; \`koppla check -c ${file}\` checks it`,
    );
  }
  if (options.json) return outJson({ file });
  const option = relative(".", file) === "koppla.yaml" ? "" : ` -c ${file}`;
  out(`Wrote ${file}. Look through it, then:

  koppla check${option}
  koppla organisation create${option} --code demo --name Demo
  koppla account create${option} --org demo --name ERP --grant '*:*'
  koppla serve${option}

Its console is at ${CONSOLE}. This makes the link by which the first administrator comes in:

  koppla user link${option}
`);
}

async function fileIn(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  const isFolder = found ? found.isDirectory() : !/\.ya?ml$/.test(path);
  return isFolder ? join(path, "koppla.yaml") : path;
}
