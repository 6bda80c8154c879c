/** Addresses of mail, as we take them: those that people have, not everything that RFC 5322 allows. */

/** Characters, RFC 5321, 4.5.3.1.3. */
const LONGEST = 254;

/**
 * Whether it is one address: `name@host`. Nothing that a list, a comment or another header could be made of: no white
 * space, no control characters, none of `,;:<>()[]\"`.
 */
export function isMailAddress(text: string): boolean {
  return text.length <= LONGEST && /^[^\s\p{C},;:<>()[\]\\"@]+@[^\s\p{C},;:<>()[\]\\"@]+$/u.test(text);
}

/** @returns the name and the address of `Koppla <koppla@example.org>`, or of the address alone; undefined if neither */
export function parseSender(text: string): { name: string; address: string } | undefined {
  const [, name = "", inside] = /^([^<>]*)<([^<>]+)>$/.exec(text.trim()) ?? [];
  const address = (inside ?? text).trim();
  if (!isMailAddress(address) || /\p{C}/u.test(name)) return undefined;
  return { name: name.trim().replace(/^"(.*)"$/, "$1"), address };
}
