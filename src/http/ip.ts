/** What kind of address a text is, as `isIP` of `node:net` says it, which is loaded for IPv6 alone. */
import { netModule } from "../builtin.ts";

const PART = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${PART}(?:\\.${PART}){3}$`);

/** @returns 4, 6, or 0 for what is no address */
export function isIP(text: string): number {
  if (IPV4.test(text)) return 4;
  return text.includes(":") ? netModule().isIP(text) : 0;
}
