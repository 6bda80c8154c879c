/**
 * Builds the console for the browser and packs it for the executable: each file under a name that has its hash,
 * compressed once, here. Identifiers are shortened: this is no server.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { libraryStyles } from "./library-styles.ts";
import { MANIFEST, type Manifest, PACKED } from "./manifest.ts";

/** @param root  the repository's @throws with what the bundler says */
export async function packConsole(root: string): Promise<Manifest> {
  const built = await Bun.build({
    entrypoints: [join(root, "src/console/app/main.tsx")],
    target: "browser",
    format: "esm",
    splitting: true,
    minify: true,
    define: { "process.env.NODE_ENV": '"production"' },
    naming: { entry: "console-[hash].[ext]", chunk: "part-[hash].[ext]", asset: "[name]-[hash].[ext]" },
    throw: false,
  });
  for (const message of built.logs) if (message.level === "error") console.error(message);
  if (!built.success) throw new Error("the console could not be built");
  const target = join(root, PACKED);
  mkdirSync(target, { recursive: true });
  const manifest: Manifest = { script: "", styles: [], imports: [], files: [] };
  const texts = new Map<string, string>();
  const written = new Set([MANIFEST]);
  const write = async (file: string, bytes: Uint8Array): Promise<void> => {
    for (const encoding of ["br", "gz"] as const) {
      const packed = `${file}.${encoding}`;
      written.add(packed);
      // A name has its content's hash: what is there is the same.
      if (!existsSync(join(target, packed))) await Bun.write(join(target, packed), compress(bytes, encoding));
    }
  };
  for (const output of built.outputs) {
    const name = output.path.replace(/^.*[/\\]/, "");
    if (name.endsWith(".map")) continue;
    manifest.files.push(name);
    if (name.endsWith(".js")) texts.set(name, await output.text());
    if (output.kind === "entry-point" && name.endsWith(".js")) manifest.script = name;
    if (name.endsWith(".css") && output.kind !== "chunk") manifest.styles.push(name);
    await write(name, new Uint8Array(await output.arrayBuffer()));
  }
  const styles = new TextEncoder().encode(libraryStyles(root, texts.values()));
  const name = `library-${Bun.hash(styles).toString(36)}.css`;
  manifest.files.push(name);
  manifest.styles.unshift(name);
  await write(name, styles);
  manifest.imports = importsOf(manifest.script, texts);
  await Bun.write(join(target, MANIFEST), JSON.stringify(manifest));
  for (const name of readdirSync(target)) if (!written.has(name)) rmSync(join(target, name));
  return manifest;
}

/** What a script imports by `import` and not by `import()`, at any depth. */
function importsOf(script: string, texts: ReadonlyMap<string, string>): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    for (const [, next = ""] of (texts.get(name) ?? "").matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
      if (found.has(next) || !texts.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(script);
  return [...found];
}

function compress(bytes: Uint8Array, encoding: "br" | "gz"): Uint8Array {
  if (encoding === "gz") return gzipSync(bytes, { level: 9 });
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}
