/**
 * Swagger UI (npm `swagger-ui-dist`, Apache 2.0) as files to serve: packed by `build.ts` into the executable, read
 * from `node_modules` when run from source.
 */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

import { assetPath } from "../../assets.ts";

/** What is taken of the package, with its media type. Its text is UTF-8, and Chrome guesses otherwise unless told. */
const files: Record<string, string> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "swagger-ui-bundle.js.LICENSE.txt": "text/plain; charset=utf-8",
  LICENSE: "text/plain; charset=utf-8",
  NOTICE: "text/plain; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

/** Where they lie in the executable, each with `.gz` after its name. */
const PACKED = "dist/assets/swagger-ui";

/** Calls Swagger UI with the document. A file of its own, because the page's policy forbids scripts inside of it. */
const START = `"use strict";
const place = document.getElementById("swagger-ui");
const here = new URL(".", location.href).href.replace(/\\/$/, "");

fetch("openapi.json")
  .then((response) => response.json())
  .then((spec) => {
    // Requests that are tried out go where this page came from; its policy allows no other place.
    if (!spec.servers.some(({ url }) => url === here)) spec.servers.unshift({ url: here, description: "this page's" });
    SwaggerUIBundle({
      spec,
      domNode: place,
      deepLinking: true,
      displayRequestDuration: true,
      defaultModelsExpandDepth: 0,
      validatorUrl: null,
    });
  })
  .catch(() => {
    place.textContent = "The description of the API could not be read. Reload the page to try again.";
  });
`;

export interface Asset {
  type: string;
  gzip: Uint8Array<ArrayBuffer>;
}

export interface SwaggerUi {
  /** Changes when any of the files does. */
  version: string;
  assets: ReadonlyMap<string, Asset>;
}

/**
 * Writes the files, compressed, to where `build.ts` embeds them. What is there already is left alone, so that two
 * builds at a time do not take them from each other.
 * @param root  the repository's
 */
export async function packSwaggerUi(root: string): Promise<void> {
  const target = join(root, PACKED);
  mkdirSync(target, { recursive: true });
  for (const name of Object.keys(files)) {
    const file = Bun.file(join(target, `${name}.gz`));
    const bytes = await compressed(name);
    if (!(await file.exists()) || !Bun.deepEquals(await file.bytes(), bytes)) await file.write(bytes);
  }
}

export async function readSwaggerUi(): Promise<SwaggerUi> {
  const read = async (name: string) =>
    Bun.isStandaloneExecutable
      ? await Bun.file(assetPath(`${PACKED}/${name}.gz`)).bytes()
      : await compressed(name);
  const assets = new Map<string, Asset>([
    ["start.js", { type: "text/javascript; charset=utf-8", gzip: Bun.gzipSync(START) }],
  ]);
  for (const [name, type] of Object.entries(files)) assets.set(name, { type, gzip: await read(name) });
  const hash = createHash("sha256");
  for (const { gzip } of assets.values()) hash.update(gzip);
  return { version: hash.digest("hex").slice(0, 16), assets };
}

async function compressed(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const folder = dirname(Bun.resolveSync("swagger-ui-dist/package.json", import.meta.dir));
  return Bun.gzipSync(await Bun.file(join(folder, name)).bytes(), { level: 9 });
}
