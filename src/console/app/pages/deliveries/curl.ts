/** A request as a command for a POSIX shell. */

/** In single quotes, in which nothing means anything but their end (POSIX.1-2017, 2.2.2). */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What curl says itself. */
const OWN = new Set(["host", "content-length", "connection", "accept-encoding"]);

export function curl(url: string, headers: Readonly<Record<string, string>>, body: string): string {
  const given = Object.entries(headers).filter(([name]) => !OWN.has(name.toLowerCase()));
  return [
    `curl -i ${quoted(url)}`,
    ...given.map(([name, value]) => `  -H ${quoted(`${name}: ${value}`)}`),
    `  --data-binary ${quoted(body)}`,
  ].join(" \\\n");
}
