/** The page at `/docs`. Its addresses are relative, so that it also works behind a proxy that adds a path. */

/**
 * Nothing from elsewhere, and neither scripts nor styles in the page itself. The pictures of Swagger UI's style sheet
 * are `data:`.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
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
    <div class="swagger-ui"><p class="wrapper">
      <a class="link" href="openapi.json">openapi.json</a> · <a class="link" href="openapi.yaml">openapi.yaml</a>
    </p></div>
    <div id="swagger-ui">This page needs JavaScript.</div>
    <script src="${at("swagger-ui-bundle.js")}"></script>
    <script src="${at("start.js")}"></script>
  </body>
</html>
`;
}
