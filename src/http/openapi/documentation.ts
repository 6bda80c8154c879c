/** `/docs` and the document itself. */
import type { Resource } from "./resource.ts";
import type { Answer, Media } from "./spec.ts";

const fresh = (description: string, type: string, media: Media): Record<string, Answer> => ({
  "200": {
    description,
    headers: { etag: { description: "For `If-None-Match`.", schema: { type: "string" } } },
    content: { [type]: media },
  },
  "304": { description: "It is still what `If-None-Match` names." },
});

export const documentation: Resource = {
  tag: { name: "Documentation", description: "This description of the API. No login." },
  schemas: {},
  operations: {
    getOpenApiJson: {
      responses: fresh("This document.", "application/json", { schema: { type: "object" } }),
    },
    getOpenApiYaml: {
      responses: fresh("This document in YAML.", "application/yaml", { schema: { type: "string" } }),
    },
    getPublicOpenApi: {
      responses: fresh("The document of the public data API, in YAML.", "application/yaml", {
        schema: { type: "string" },
      }),
    },
    getDocs: {
      responses: fresh("A page that shows this document.", "text/html", { schema: { type: "string" } }),
    },
  },
};
