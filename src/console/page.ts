/** The console's one page: what it loads, and what a browser is to let it do. */
import type { Manifest } from "./manifest.ts";

/**
 * The page's policy: scripts of this server alone, none inside the page; styles too, but for elements that carry the
 * nonce (Mantine writes its variables into one); no frames around it; nothing asked of another host. CSP level 3.
 */
export function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/**
 * @param base  what stands before every path of the server, without a slash at its end
 * @param nonce  base64url, of this answer alone
 */
export function page({ script, styles, imports }: Manifest, base: string, nonce: string): string {
  const assets = `${escape(base)}/console/assets`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Koppla</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="koppla-base" content="${escape(base)}">
<meta name="koppla-nonce" nonce="${nonce}">
<link rel="icon" href="${assets}/icon.svg" type="image/svg+xml">
${styles.map((name) => `<link rel="stylesheet" href="${assets}/${name}">`).join("\n")}
<script type="module" src="${assets}/${script}"></script>
${imports.map((name) => `<link rel="modulepreload" href="${assets}/${name}">`).join("\n")}
</head>
<body>
<div id="root"></div>
<noscript>Koppla's console needs JavaScript. The API and its documentation do not: ${escape(base)}/docs</noscript>
</body>
</html>
`;
}

/** The sign in the browser's tab. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#0b5a8a" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"><path d="M21 17H3l4 4M3 7h18l-4-4M7 13l-4 4M17 11l4-4"/></svg>`;

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
