/** What kind of file an attachment is: by its name, then by its content. */
/** Bytes from an attachment's beginning that say what it is; office documents say so last, behind 4 KB of a ZIP. */
export const HEAD = 65_536;

const UNKNOWN = "application/octet-stream";

/** Read when the first attachment comes: they would take part of every start. */
const libraries = () => Promise.all([import("mime"), import("file-type")]);

/** @param head  its first {@link HEAD} bytes */
export async function mimeTypeOf(fileName: string, head: Uint8Array): Promise<string> {
  const [{ default: mime }, { fileTypeFromBuffer }] = await libraries();
  const byName = mime.getType(fileName);
  if (byName !== null) return byName;
  try {
    return (await fileTypeFromBuffer(head))?.mime ?? UNKNOWN;
  } catch {
    // A file that begins like one of a kind and is cut off or broken.
    return UNKNOWN;
  }
}
