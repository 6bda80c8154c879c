/** The page at `/docs`. Its addresses are relative, so that it also works behind a proxy that adds a path. */

/**
 * Nothing from elsewhere and no script in the page itself. Swagger UI writes styles into its elements and shows
 * pictures that its style sheet holds as `data:`.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** @param version  of the files beside it */
export function docsPage(version: string): string {
  const at = (name: string) => `docs/assets/${version}/${name}`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Koppla API</title>
    <link rel="icon" type="image/png" href="${at("favicon-32x32.png")}" />
    <link rel="stylesheet" href="${at("swagger-ui.css")}" />
  </head>
  <body>
    <div id="swagger-ui">This page needs JavaScript. The same is in <a href="openapi.json">openapi.json</a>
      and <a href="openapi.yaml">openapi.yaml</a>.</div>
    <script src="${at("swagger-ui-bundle.js")}"></script>
    <script src="${at("start.js")}"></script>
  </body>
</html>
`;
}
