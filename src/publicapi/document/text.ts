/** The document as text. */
import { stringify } from "yaml";

import type { DocumentFormat } from "../../http/openapi/text.ts";
import { createPublicDocument, type PublicDocumentSource } from "./document.ts";

/** The same for the same configuration, wherever it is made: by the server and by `koppla openapi --public`. */
export async function publicDocumentText(
  source: PublicDocumentSource,
  format: DocumentFormat = "yaml",
): Promise<string> {
  const json = JSON.stringify(await createPublicDocument(source), null, 2);
  // Parsed anew, no object stands in it twice: YAML would write the second one as an alias.
  return format === "json" ? `${json}\n` : stringify(JSON.parse(json), { lineWidth: 110 });
}
