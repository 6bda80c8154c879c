/** `/console/`: the console's page and files, from the executable. What the console does, it does by the public API. */
import { randomBytes } from "node:crypto";
import { Elysia } from "elysia";

import { assetPath } from "../assets.ts";
import { chooseEncoding, empty, requestId } from "../http/respond.ts";
import { Problem } from "../problem.ts";
import { MANIFEST, type Manifest, PACKED } from "./manifest.ts";
import { ICON, page, policy } from "./page.ts";

const hidden = { detail: { hide: true } };
const TYPES: Record<string, string> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};
const FOR_EVER = "public, max-age=31536000, immutable";

/** @param publicUrl  without a trailing slash; its path stands before every address of the page */
export function consoleRoutes({ publicUrl }: { publicUrl: string }) {
  const base = new URL(publicUrl).pathname.replace(/\/+$/, "");
  let manifest: Promise<Manifest> | undefined;
  const read = (): Promise<Manifest> => (manifest ??= Bun.file(assetPath(`${PACKED}/${MANIFEST}`)).json());

  const show = async (request: Request): Promise<Response> => {
    const nonce = randomBytes(16).toString("base64url");
    return new Response(page(await read(), base, nonce), {
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy(nonce),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-request-id": requestId(request),
      },
    });
  };

  return new Elysia({ name: "console" })
    .get(
      "/console",
      ({ request }) => {
        // Without the slash the request is the same to the router, and not to a browser.
        const { pathname } = new URL(request.url);
        return pathname.endsWith("/") ? show(request) : empty(request, 308, { location: `${base}/console/` });
      },
      hidden,
    )
    .get("/console/*", ({ request }) => show(request), hidden)
    .get(
      "/console/assets/:name",
      async ({ request, params: { name } }) => {
        const headers = { "x-content-type-options": "nosniff", "x-request-id": requestId(request) };
        if (name === "icon.svg") {
          return new Response(ICON, {
            headers: {
              ...headers,
              "content-type": "image/svg+xml",
              "cache-control": "public, max-age=86400",
            },
          });
        }
        const type = TYPES[name.replace(/^.*\./, "")];
        if (type === undefined || !(await read()).files.includes(name)) {
          throw new Problem("not_found", "There is nothing at this path.");
        }
        return packed(request, name, { ...headers, "content-type": type, "cache-control": FOR_EVER });
      },
      hidden,
    );
}

/** The file as it was compressed when it was built, by what the browser takes. */
function packed(request: Request, name: string, headers: Record<string, string>): Response {
  const accept = request.headers.get("accept-encoding") ?? "";
  const all = { ...headers, vary: "accept-encoding" };
  const file = (encoding: "br" | "gz") => Bun.file(assetPath(`${PACKED}/${name}.${encoding}`));
  if (/\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accept)) {
    return new Response(file("br"), { headers: { ...all, "content-encoding": "br" } });
  }
  const gzip = chooseEncoding(accept.replaceAll(/\bzstd\b/gi, "-")) === "gzip";
  if (gzip) return new Response(file("gz"), { headers: { ...all, "content-encoding": "gzip" } });
  return new Response(file("gz").stream().pipeThrough(new DecompressionStream("gzip")), { headers: all });
}
