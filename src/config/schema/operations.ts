/** What takes longer than a request: operations, and the files that they take and make. */
import { integer, kind, object } from "../schema-parts.ts";

export const operations = object(
  {
    at_once: integer("How many one server runs at the same time.", {
      default: 64,
      minimum: 1,
      maximum: 1_000,
    }),
    retention: kind("duration", "How long operations stay to be looked at after they have ended.", {
      default: "90d",
    }),
    keep_files: kind("duration", "How long what an export has made, or an import refused, can be fetched.", {
      default: "7d",
    }),
    import_size: kind("size", "The largest file of an import, as it is sent.", { default: "4GB" }),
    import_unpacked: kind("size", "The same, unpacked where it was compressed.", { default: "20GB" }),
    export_size: kind("size", "The largest file of an export, before it is compressed.", { default: "20GB" }),
  },
  "What takes longer than a request, and the files of imports and exports.",
);
