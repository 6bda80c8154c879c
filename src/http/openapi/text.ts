/** The document as text. */
import { stringify } from "yaml";

import { createDocument, type DocumentSource } from "./document.ts";

export type DocumentFormat = "json" | "yaml";

/** The same for the same configuration, wherever it is made: by the server and by `koppla openapi`. */
export async function documentText(source: DocumentSource, format: DocumentFormat): Promise<string> {
  const json = JSON.stringify(await createDocument(source), null, 2);
  // Parsed anew, no object stands in it twice: YAML would write the second one as an alias.
  return format === "json" ? `${json}\n` : stringify(JSON.parse(json), { lineWidth: 110 });
}
